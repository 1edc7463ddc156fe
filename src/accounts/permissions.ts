import type { Role } from './account.js';

export const permissions = [
  'users:read',
  'users:write',
  'users:delete',
  'users:set_role',
  'sessions:revoke',
  'events:read',
] as const;

/** A permission of Sallyport's own, for `requirePermission`. */
export type Permission = (typeof permissions)[number];

/** Who may do what of what Sallyport itself offers (ASVS 8.1.1): a role has nothing that its row does not name. */
export const granted: Readonly<Record<Role, readonly Permission[]>> = {
  admin: permissions,
  moderator: ['users:read'],
  user: [],
};
