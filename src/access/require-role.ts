import { type Account, type Role, roles } from '../accounts/account.js';
import { ConfigurationError, Refusal } from '../base/errors.js';
import { currentUser } from './current-user.js';
import { dependency, perArgument } from './dependency.js';
import { assertWhole, granted } from './granted.js';
import { ofTheHouse } from './recipe.js';

/** Unchecked: for whoever knows which roles there are. One for each role, so that overrides hold. */
export const roleGuard = perArgument((role: string) =>
  ofTheHouse(
    dependency(
      `requireRole(${role})`,
      { user: currentUser, granted },
      ({ user, granted: reach }): Account => {
        if (user.role !== role && user.role !== 'admin') throw new Refusal('insufficient_permissions');
        assertWhole(reach);
        return user;
      },
      { refusals: ['insufficient_permissions'], asks: { role } },
    ),
  ),
);

/** @throws ConfigurationError where the role is not among `known`. */
export function assertRole(role: string, known: readonly string[]): void {
  if (known.includes(role)) return;
  if (typeof role !== 'string')
    throw new ConfigurationError(
      'ERR_ROLE_UNKNOWN',
      `requireRole was given ${typeof role}: call it with a role's name, requireRole('admin'), and as a hook requireRole('admin').hook.`,
    );
  throw new ConfigurationError(
    'ERR_ROLE_UNKNOWN',
    `requireRole(${JSON.stringify(role)}): there is no such role. Known roles: ${known.join(', ')}. Add your own by defineAccess({ roles: […] }).`,
  );
}

/**
 * The seed's `require_role`: admits that role, and admins. Others get 403 "Insufficient permissions", and so do an API
 * key and a session that was narrowed, unless the route names a scope as well (`requireScope`) that they hold. The role is the database's, not the token's. For roles of your own:
 * `defineAccess(…).requireRole`.
 */
export function requireRole(role: Role): ReturnType<typeof roleGuard> {
  assertRole(role, roles);
  return roleGuard(role);
}

/** The seed's `require_admin`: 403 "Admin access required". */
export const requireAdmin = ofTheHouse(
  dependency(
    'requireAdmin',
    { user: currentUser, granted },
    ({ user, granted: reach }): Account => {
      if (user.role !== 'admin') throw new Refusal('admin_required');
      assertWhole(reach);
      return user;
    },
    { refusals: ['admin_required', 'insufficient_permissions'], asks: { role: 'admin' } },
  ),
);
