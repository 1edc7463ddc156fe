import { describe, expect, it } from 'vitest';
import { isRole, roles } from '../../src/accounts/account.js';
import { hasPermission, permissions, permissionsOf } from '../../src/accounts/permissions.js';

describe('the table of permissions', () => {
  it('is this one', () => {
    expect(Object.fromEntries(roles.map((role) => [role, permissionsOf(role)]))).toEqual({
      admin: [
        'users:read',
        'users:write',
        'users:delete',
        'users:set_role',
        'sessions:revoke',
        'events:read',
      ],
      moderator: ['users:read'],
      user: [],
    });
  });

  it('gives the admin every permission and an ordinary user none of others', () => {
    for (const permission of permissions) {
      expect(hasPermission('admin', permission)).toBe(true);
      expect(hasPermission('user', permission)).toBe(false);
    }
    expect(hasPermission('moderator', 'users:read')).toBe(true);
    expect(hasPermission('moderator', 'users:delete')).toBe(false);
  });

  it('knows three roles, and no inherited name', () => {
    expect(roles.every(isRole)).toBe(true);
    for (const text of ['', 'root', 'Admin', 'constructor', '__proto__']) expect(isRole(text)).toBe(false);
  });
});
