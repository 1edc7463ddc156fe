import type { Account } from '../accounts/account.js';
import { hasPermission, type Permission, permissions } from '../accounts/permissions.js';
import { ConfigurationError, Refusal } from '../base/errors.js';
import { currentUser } from './current-user.js';
import { dependency, perArgument } from './dependency.js';

/** Asks the table role → permissions (ASVS 8.1.1, 8.2.1). Others get 403 "Insufficient permissions". */
export const requirePermission = perArgument((permission: Permission) => {
  if (!permissions.includes(permission))
    throw new ConfigurationError(
      'ERR_PERMISSION_UNKNOWN',
      `requirePermission(${JSON.stringify(permission)}): there is no such permission. Known: ${permissions.join(', ')}.`,
    );
  return dependency(
    `requirePermission(${permission})`,
    { user: currentUser },
    ({ user }): Account => {
      if (!hasPermission(user.role, permission)) throw new Refusal('insufficient_permissions');
      return user;
    },
    { refusals: ['insufficient_permissions'] },
  );
});
