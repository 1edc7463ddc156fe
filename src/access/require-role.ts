import { type Account, isRole, type Role, roles } from '../accounts/account.js';
import { ConfigurationError, Refusal } from '../base/errors.js';
import { currentUser } from './current-user.js';
import { dependency, perArgument } from './dependency.js';

/**
 * The seed's `require_role`: admits that role, and admins. Others get 403 "Insufficient permissions". The role is the
 * database's, not the token's.
 */
export const requireRole = perArgument((role: Role) => {
  if (!isRole(role))
    throw new ConfigurationError(
      'ERR_ROLE_UNKNOWN',
      `requireRole(${JSON.stringify(role)}): there is no such role. Known roles: ${roles.join(', ')}.`,
    );
  return dependency(
    `requireRole(${role})`,
    { user: currentUser },
    ({ user }): Account => {
      if (user.role !== role && user.role !== 'admin') throw new Refusal('insufficient_permissions');
      return user;
    },
    { refusals: ['insufficient_permissions'] },
  );
});

/** The seed's `require_admin`: 403 "Admin access required". */
export const requireAdmin = dependency(
  'requireAdmin',
  { user: currentUser },
  ({ user }): Account => {
    if (user.role !== 'admin') throw new Refusal('admin_required');
    return user;
  },
  { refusals: ['admin_required'] },
);
