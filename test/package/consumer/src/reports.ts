import {
  type Account,
  answer,
  currentUser,
  type Dependency,
  defineAccess,
  dependency,
  guard,
  optionalUser,
  params,
  Refusal,
  requireRole,
  type SecureApp,
} from 'sallyport';
import { z } from 'zod';

export const access = defineAccess({
  roles: ['editor'],
  permissions: { 'reports:publish': ['editor'] },
});

const Report = z.object({ id: z.string(), by: z.string() });
const Id = z.object({ id: z.string() });

/** Exported with the types that they have, so that their declarations name nothing that a consumer cannot import. */
export const ownReport = dependency(
  'ownReport',
  { user: currentUser, path: params(Id) },
  ({ user, path }) => ({ id: path.id, by: user.username }),
);
export const partner: Dependency<string, true> = guard('partner', { user: currentUser }, ({ user }) => {
  if (!user.email.endsWith('@example.org')) throw new Refusal('insufficient_permissions');
  return user.email;
});
export const theEditor = access.requireRole('editor');
export const admin = requireRole('admin');

export function addReports(app: SecureApp): void {
  app.get('/reports/:id', { needs: { ownReport }, response: { 200: Report } }, (given) => given.ownReport);
  app.post(
    '/reports',
    {
      needs: { editor: theEditor, partner },
      body: Id,
      response: { 201: Report },
      limit: { requests: 10, window: 60 },
    },
    ({ editor, body }) => answer(201, { id: body.id, by: nameOf(editor) }),
  );
  app.get(
    '/greeting',
    { access: 'public', needs: { user: optionalUser }, response: { 200: Id } },
    (given) => ({
      id: given.user === null ? 'nobody' : nameOf(given.user),
    }),
  );
}

const nameOf = (account: Account): string => account.username;
