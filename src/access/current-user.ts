import type { Account } from '../accounts/account.js';
import { Refusal } from '../base/errors.js';
import { dependency, fromRequest, guard } from './dependency.js';
import { granted } from './granted.js';
import type { Identity, Principal } from './identity.js';
import { userSchemes } from './openapi-security.js';
import { ofTheHouse } from './recipe.js';

/** Nobody judged: to say "not authenticated" would blame the client for what the application lacks. */
const identity = fromRequest('identity', (request): Identity => {
  if (request.identity) return request.identity;
  throw new Error(
    'The credential of this request was not judged, so no guard can say who asks. Make the application with createSecureApp(), or register the plugin accounts before the plugin or hook that has this guard.',
  );
});

function proven(found: Identity): Principal {
  switch (found.kind) {
    case 'proven':
      return found.principal;
    case 'disabled':
      throw new Refusal('account_disabled');
    case 'unproven':
      throw new Refusal('invalid_credentials');
    case 'none':
      throw new Refusal('not_authenticated');
  }
}

const bearer = {
  security: userSchemes,
  refusals: ['not_authenticated', 'invalid_credentials', 'account_disabled'],
} as const;

/**
 * The guard from which all others are made. 401 "Not authenticated" without a bearer token, 401 "Could not validate
 * credentials" with one that does not hold, 403 "Account is disabled" (RFC 6750 §3.1).
 */
const currentPrincipal = guard(
  'currentPrincipal',
  { identity },
  ({ identity: found }) => proven(found),
  bearer,
);

/** The seed's `get_current_user`, its account as it is in the database now. */
export const currentUser = ofTheHouse(
  dependency('currentUser', { principal: currentPrincipal }, ({ principal }): Account => principal.account),
);

/** The seed's `require_active_user`. Every guard refuses a disabled account; this name says so. */
export const requireActiveUser = ofTheHouse(
  dependency('requireActiveUser', { user: currentUser }, ({ user }) => user),
);

/**
 * The user, by a session that was not narrowed to scopes: who may change, leave or lock the account itself. Others get 403
 * "Insufficient permissions".
 */
export const accountOwner = ofTheHouse(
  dependency(
    'accountOwner',
    { user: currentUser, granted },
    ({ user, granted: { scopes } }): Account => {
      if (scopes !== null)
        throw new Refusal('insufficient_permissions', { reason: 'the credential is narrowed to scopes' });
      return user;
    },
    { refusals: ['insufficient_permissions'], asks: { session: true } },
  ),
);

/** The session that the request's token belongs to; 403 for an API key, which belongs to none. */
export const currentSession = ofTheHouse(
  dependency(
    'currentSession',
    { principal: currentPrincipal },
    ({ principal: { account, sessionId } }) => {
      if (sessionId === null) throw keyRefused();
      return { accountId: account.id, sessionId };
    },
    { refusals: ['insufficient_permissions'], asks: { session: true } },
  ),
);

const keyRefused = (): Refusal =>
  new Refusal('insufficient_permissions', { reason: 'an API key opens no route of an account or a session' });

/** The user, by a session, narrowed or not: an API key does not read or change its owner's account. */
export const sessionUser = ofTheHouse(
  dependency(
    'sessionUser',
    { user: currentUser, granted },
    ({ user, granted: { byKey } }): Account => {
      if (byKey) throw keyRefused();
      return user;
    },
    { refusals: ['insufficient_permissions'], asks: { session: true } },
  ),
);

/** On a public route: the user, or null without a credential. One that does not hold is a 401 all the same. */
export const optionalUser = dependency(
  'optionalUser',
  { identity },
  ({ identity: found }): Account | null => (found.kind === 'none' ? null : proven(found).account),
  { ...bearer, refusals: ['invalid_credentials', 'account_disabled'] },
);
