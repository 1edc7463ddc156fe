import type { Role } from './account.js';

export const permissions = [
  'users:read',
  'users:write',
  'users:delete',
  'users:set_role',
  'sessions:revoke',
  'events:read',
] as const;

export type Permission = (typeof permissions)[number];

/** Who may do what (ASVS 8.1.1). What stands here is all there is: a role has nothing that its row does not name. */
const granted: Readonly<Record<Role, readonly Permission[]>> = {
  admin: permissions,
  moderator: ['users:read'],
  user: [],
};

export const permissionsOf = (role: Role): readonly Permission[] => granted[role];

export const hasPermission = (role: Role, permission: Permission): boolean =>
  granted[role].includes(permission);
