/**
 * The ways out that an owner has when somebody stole a token: sign out, end a session or a
 * key, change the password, leave. They count apart from
 * all other requests, so that the thief cannot use up the account's limit and bar them.
 */
export const exits: ReadonlySet<string> = new Set([
  'POST /auth/logout',
  'POST /users/me/password',
  'DELETE /users/me',
  'DELETE /users/me/sessions',
  'DELETE /users/me/sessions/:id',
  'DELETE /api-keys',
  'DELETE /api-keys/:id',
]);
