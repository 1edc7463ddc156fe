import { describe, expect, it } from 'vitest';
import { builtInAccess, createAccessTable } from '../../src/accounts/access-table.js';
import { roles } from '../../src/accounts/account.js';
import { permissions } from '../../src/accounts/permissions.js';
import { ConfigurationError } from '../../src/base/errors.js';

describe("Sallyport's own table", () => {
  it('is this one', () => {
    expect(Object.fromEntries(roles.map((role) => [role, [...builtInAccess.grants(role)]]))).toEqual({
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

  it('takes a role that nobody knows, or an inherited name, for a plain user', () => {
    for (const text of ['', 'root', 'Admin', 'constructor', '__proto__', 'toString']) {
      expect(builtInAccess.knownRole(text)).toBe('user');
      expect([...builtInAccess.grants(text)]).toEqual([]);
    }
    for (const role of roles) expect(builtInAccess.knownRole(role)).toBe(role);
  });
});

describe('a table with additions', () => {
  const table = createAccessTable({
    roles: ['editor'],
    permissions: { 'reports:publish': ['editor'], 'users:read': ['editor'] },
  });

  it('gives the roles what they were given, keeps what they had, and the admin everything', () => {
    expect([...table.grants('editor')].sort()).toEqual(['reports:publish', 'users:read']);
    expect([...table.grants('moderator')]).toEqual(['users:read']);
    expect([...table.grants('user')]).toEqual([]);
    expect([...table.grants('admin')].sort()).toEqual([...permissions, 'reports:publish'].sort());
    expect(table.knownRole('editor')).toBe('editor');
  });

  it('changes nothing for another application', () => {
    expect(builtInAccess.knownRole('editor')).toBe('user');
    expect(builtInAccess.permissions).not.toContain('reports:publish');
  });

  it.each([
    [{ roles: ['Editor'] }, /"Editor" is no name for a role/],
    [{ roles: ['__proto__'] }, /no name for a role/],
    [{ roles: ['admin'] }, /the role "admin" is there already/],
    [{ permissions: { publish: ['user'] } }, /"publish" is no name for a permission/],
    [{ permissions: { 'reports:publish': ['editr'] } }, /given to "editr", and there is no such role/],
  ])('refuses %j', (additions, words) => {
    const make = () => createAccessTable(additions);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(words);
  });
});
