import { type AccessTable, createAccessTable } from '../accounts/access-table.js';
import type { Role } from '../accounts/account.js';
import type { Permission } from '../accounts/permissions.js';
import { ConfigurationError } from '../base/errors.js';
import { assertKnownOptions } from '../base/known-options.js';
import { assertPermission, permissionGuard } from './require-permission.js';
import { assertRole, roleGuard } from './require-role.js';
import { scopeGuard } from './require-scope.js';

/** An application's roles and permissions: the guards that ask for them, typed by their names. */
export interface Access<R extends string = string, P extends string = string> {
  /** As `requireRole`, for the roles that were added too. */
  requireRole(role: Role | R): ReturnType<typeof roleGuard>;
  /** As `requirePermission`, for the permissions that were added too. */
  requirePermission(permission: Permission | P): ReturnType<typeof permissionGuard>;
  /** As `requireScope`, for the permissions that were added too. */
  requireScope(scope: Permission | P): ReturnType<typeof scopeGuard>;
  readonly roles: readonly (Role | R)[];
  readonly permissions: readonly (Permission | P)[];
}

const tables = new WeakMap<object, AccessTable>();

/**
 * Adds roles and permissions to Sallyport's own. Give the result to `createSecureApp({ access })`; a route that asks for
 * a role which its application was not given does not boot.
 *
 *     export const access = defineAccess({
 *       roles: ['editor'],
 *       permissions: { 'reports:publish': ['editor'] },
 *     });
 *     app.post('/reports', { needs: { editor: access.requireRole('editor') }, … }, …)
 *
 * A role is lower case, `admin` has every permission, and accounts begin as `user`.
 * @throws ConfigurationError for a name that is malformed or taken, and for a permission given to an unknown role.
 */
export function defineAccess<const R extends string = never, const P extends string = never>(additions: {
  readonly roles?: readonly R[];
  /** Permission → the roles that have it. */
  readonly permissions?: { readonly [K in P]: readonly (Role | NoInfer<R>)[] };
}): Access<R, P> {
  assertKnownOptions('defineAccess', additions, ['roles', 'permissions']);
  const table = createAccessTable(additions);
  const access: Access<R, P> = Object.freeze({
    requireRole: (role: Role | R) => {
      assertRole(role, table.roles);
      return roleGuard(role);
    },
    requirePermission: (permission: Permission | P) => {
      assertPermission(permission, table.permissions);
      return permissionGuard(permission);
    },
    requireScope: (scope: Permission | P) => {
      assertPermission(scope, table.permissions, 'requireScope');
      return scopeGuard(scope);
    },
    roles: table.roles as readonly (Role | R)[],
    permissions: table.permissions as readonly (Permission | P)[],
  });
  tables.set(access, table);
  return access;
}

/** @throws ConfigurationError for what `defineAccess` did not make. */
export function accessTableOf(access: Access): AccessTable {
  const table = tables.get(access);
  if (table !== undefined) return table;
  throw new ConfigurationError(
    'ERR_ACCESS_TABLE',
    'access: give what defineAccess({ roles, permissions }) returned.',
  );
}
