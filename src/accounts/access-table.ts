import { ConfigurationError } from '../base/errors.js';
import { roles as ownRoles, type RoleName } from './account.js';
import { granted, permissions as ownPermissions } from './permissions.js';

/** The roles and permissions of one application: Sallyport's, and what the application adds. */
export interface AccessTable {
  readonly roles: readonly RoleName[];
  readonly permissions: readonly string[];
  /** The role itself, or `user` for one that this application does not know: worth nothing more. */
  knownRole(role: string): RoleName;
  /** What a role may do. Empty for an unknown one. */
  grants(role: string): ReadonlySet<string>;
}

/** What an application adds, by name. */
export interface AccessAdditions {
  readonly roles?: readonly string[] | undefined;
  /** Permission → the roles that have it. Admins have every one. A permission of Sallyport's keeps the roles it had. */
  readonly permissions?: Readonly<Record<string, readonly string[]>> | undefined;
}

const roleForm = /^[a-z][a-z0-9_-]{0,31}$/;
const permissionForm = /^[a-z][a-z0-9_-]{0,31}(:[a-z0-9_-]{1,32}){1,3}$/;

/** Whether a text may name a role. */
export const isRoleName = (text: string): boolean => roleForm.test(text);

const nothing: ReadonlySet<string> = new Set();

/**
 * Works the table out, once (ASVS 8.1.1).
 * @throws ConfigurationError for a name that is malformed, taken, or of no role.
 */
export function createAccessTable({ roles = [], permissions = {} }: AccessAdditions = {}): AccessTable {
  for (const role of roles) assertNewRole(role);
  const all = [...new Set([...ownRoles, ...roles])];
  for (const [permission, holders] of Object.entries(permissions)) assertPermission(permission, holders, all);
  const names = [...new Set([...ownPermissions, ...Object.keys(permissions)])];
  const has = (role: string, permission: string): boolean =>
    role === 'admin' ||
    (permissions[permission]?.includes(role) ?? false) ||
    (Object.hasOwn(granted, role) && granted[role as keyof typeof granted].some((one) => one === permission));
  const rows = new Map(all.map((role) => [role as string, new Set(names.filter((name) => has(role, name)))]));
  return {
    roles: all,
    permissions: names,
    knownRole: (role) => (rows.has(role) ? role : 'user'),
    grants: (role) => rows.get(role) ?? nothing,
  };
}

/** Sallyport's own roles and permissions, nothing added. */
export const builtInAccess: AccessTable = createAccessTable();

function refuse(problem: string): never {
  throw new ConfigurationError('ERR_ACCESS_TABLE', `defineAccess: ${problem}`);
}

function assertNewRole(role: string): void {
  if (!isRoleName(role))
    refuse(
      `"${role}" is no name for a role. Lower-case letters, digits, "_" and "-", at most 32, a letter first.`,
    );
  if (ownRoles.some((one) => one === role))
    refuse(`the role "${role}" is there already: leave it out of the list.`);
}

function assertPermission(permission: string, holders: readonly string[], roles: readonly string[]): void {
  if (!permissionForm.test(permission))
    refuse(
      `"${permission}" is no name for a permission. Write it as "reports:read", lower case, parts by colons.`,
    );
  const stranger = holders.find((role) => !roles.includes(role));
  if (stranger !== undefined)
    refuse(
      `"${permission}" is given to "${stranger}", and there is no such role. Known roles: ${roles.join(', ')}.`,
    );
}
