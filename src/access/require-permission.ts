import type { Account } from '../accounts/account.js';
import { type Permission, permissions } from '../accounts/permissions.js';
import { ConfigurationError, Refusal } from '../base/errors.js';
import { currentUser } from './current-user.js';
import { dependency, perArgument } from './dependency.js';
import { granted } from './granted.js';
import { ofTheHouse } from './recipe.js';

/** Unchecked: for whoever knows which permissions there are. One for each permission, so that overrides hold. */
export const permissionGuard = perArgument((permission: string) =>
  ofTheHouse(
    dependency(
      `requirePermission(${permission})`,
      { user: currentUser, granted },
      ({ user, granted: { table, scopes } }): Account => {
        const allowed =
          table.grants(user.role).has(permission) && (scopes === null || scopes.has(permission));
        if (!allowed) throw new Refusal('insufficient_permissions');
        return user;
      },
      { refusals: ['insufficient_permissions'], asks: { permission } },
    ),
  ),
);

/** @throws ConfigurationError where the permission is not among `known`. */
export function assertPermission(
  permission: string,
  known: readonly string[],
  where = 'requirePermission',
): void {
  if (known.includes(permission)) return;
  if (typeof permission !== 'string')
    throw new ConfigurationError(
      'ERR_PERMISSION_UNKNOWN',
      `${where} was given ${typeof permission}: call it with a permission's name, ${where}('users:read').`,
    );
  throw new ConfigurationError(
    'ERR_PERMISSION_UNKNOWN',
    `${where}(${JSON.stringify(permission)}): there is no such permission. Known: ${known.join(', ')}. Add your own by defineAccess({ permissions: { … } }).`,
  );
}

/**
 * Asks the application's table role → permissions (ASVS 8.1.1, 8.2.1), and the scopes where the session was narrowed to
 * some. Others get 403 "Insufficient permissions". For permissions of your own: `defineAccess(…).requirePermission`.
 */
export function requirePermission(permission: Permission): ReturnType<typeof permissionGuard> {
  assertPermission(permission, permissions);
  return permissionGuard(permission);
}
