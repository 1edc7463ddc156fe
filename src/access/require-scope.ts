import type { Account } from '../accounts/account.js';
import { type Permission, permissions } from '../accounts/permissions.js';
import { Refusal } from '../base/errors.js';
import { currentUser } from './current-user.js';
import { dependency, perArgument } from './dependency.js';
import { granted } from './granted.js';
import { ofTheHouse } from './recipe.js';
import { assertPermission } from './require-permission.js';

/** Unchecked: for whoever knows which permissions there are. */
export const scopeGuard = perArgument((scope: string) =>
  ofTheHouse(
    dependency(
      `requireScope(${scope})`,
      { user: currentUser, granted },
      ({ user, granted: { scopes } }): Account => {
        if (scopes !== null && !scopes.has(scope)) throw new Refusal('insufficient_permissions');
        return user;
      },
      { refusals: ['insufficient_permissions'], asks: { permission: scope } },
    ),
  ),
);

/**
 * Admits every user by a whole session, and an API key or a narrowed session that holds this scope. Others get 403
 * "Insufficient permissions". Unlike `requirePermission` it asks nothing of the role; beside `requireRole` it opens that
 * route to keys. For permissions of your own: `defineAccess(…).requireScope`.
 */
export function requireScope(scope: Permission): ReturnType<typeof scopeGuard> {
  assertPermission(scope, permissions, 'requireScope');
  return scopeGuard(scope);
}
