import { z } from 'zod';
import type { AddressLimits } from '../access/address-limit.js';
import type { Routes } from '../access/create-routes.js';
import { accountOwner, currentSession, sessionUser } from '../access/current-user.js';
import { hangUp, origin } from '../access/origin.js';
import { requirePermission } from '../access/require-permission.js';
import { requireAdmin } from '../access/require-role.js';
import type { AccessTable } from '../accounts/access-table.js';
import type { Account } from '../accounts/account.js';
import { changePassword } from '../flows/change-password.js';
import { deleteAccount, deleteOwnAccount } from '../flows/delete-account.js';
import { endSessions } from '../flows/end-sessions.js';
import { admin as asAdmin, type FlowDeps, self } from '../flows/flow-deps.js';
import { findAccounts, getAccount } from '../flows/list-accounts.js';
import { register } from '../flows/register.js';
import { updateAccount } from '../flows/update-account.js';
import { addressPolicies } from '../limits/policy.js';
import type { Settings } from '../settings/settings.js';
import {
  accountSchemas,
  Message,
  PasswordChange,
  PasswordProof,
  toUser,
  UserId,
  UserSearch,
} from './schemas/account-schemas.js';
import { absentIsNull } from './schemas/text.js';

interface ProfileBody {
  readonly full_name?: string | null | undefined;
  readonly bio?: string | null | undefined;
}

/** What was not sent stays as it is; null empties it. */
const profileChange = ({ full_name: fullName, bio }: ProfileBody) => ({
  ...(fullName === undefined ? {} : { fullName }),
  ...(bio === undefined ? {} : { bio }),
});

/** What the account routes say and take, with the application's roles. */
export type AccountWire = ReturnType<typeof accountWire>;

/** A role that this application does not know is told as what it is worth here. */
export const accountWire = (settings: Settings, access: AccessTable) => ({
  ...accountSchemas(settings, access.roles),
  toUser: (account: Account) => toUser({ ...account, role: access.knownRole(account.role) }),
});

/** A stranger makes an account. */
function addRegistration(routes: Routes, deps: FlowDeps, limits: AddressLimits, wire: AccountWire): void {
  const tags = ['account'];

  routes.post(
    '/auth/register',
    {
      access: 'public',
      needs: { origin, take: limits.take },
      body: wire.registration,
      response: { 201: wire.User },
      refusals: ['email_taken', 'username_taken'],
      summary: 'Register an account',
      tags,
    },
    async ({ origin: from, take, body }) => {
      await take(addressPolicies.register);
      const { email, username, password, full_name: fullName, bio } = body;
      const profile = { fullName: absentIsNull(fullName), bio: absentIsNull(bio) };
      return wire.toUser(await register(deps, { email, username, password, ...profile }, from));
    },
  );
}

/** The own account: register, see, change, leave. */
export function addOwnAccountRoutes(
  routes: Routes,
  deps: FlowDeps,
  limits: AddressLimits,
  wire: AccountWire,
): void {
  const tags = ['account'];

  addRegistration(routes, deps, limits, wire);

  routes.get(
    '/users/me',
    { needs: { user: sessionUser }, response: { 200: wire.User }, summary: 'The own account', tags },
    ({ user }) => wire.toUser(user),
  );

  routes.patch(
    '/users/me',
    {
      needs: { user: accountOwner, origin },
      body: wire.profile,
      response: { 200: wire.User },
      summary: 'Change the own profile',
      tags,
    },
    async ({ user, origin: from, body }) =>
      wire.toUser(await updateAccount(deps, user.id, profileChange(body), self(user.id), from)),
  );

  routes.delete(
    '/users/me',
    {
      needs: { user: accountOwner, session: currentSession, origin, signal: hangUp },
      body: PasswordProof,
      response: { 204: z.void() },
      refusals: ['wrong_password', 'last_admin'],
      summary: 'Delete the own account',
      tags,
    },
    async ({ user, session, origin: from, signal, body }) => {
      const proof = { password: body.password, sessionId: session.sessionId, signal };
      await deleteOwnAccount(deps, user, proof, from);
    },
  );

  routes.post(
    '/users/me/password',
    {
      needs: { user: accountOwner, session: currentSession, origin, signal: hangUp },
      body: PasswordChange,
      response: { 204: z.void() },
      refusals: ['wrong_password'],
      summary: 'Change the own password; every other session ends',
      tags,
    },
    async ({ user, session, origin: from, signal, body }) => {
      const { current_password: currentPassword, new_password: newPassword } = body;
      const { revoke_api_keys: revokeApiKeys } = body;
      const change = { currentPassword, newPassword, revokeApiKeys, sessionId: session.sessionId, signal };
      await changePassword(deps, user, change, from);
    },
  );
}

/** Everybody's accounts: moderators may look, admins may change. */
export function addUserRoutes(routes: Routes, deps: FlowDeps, wire: AccountWire): void {
  const tags = ['users'];

  routes.get(
    '/users',
    {
      needs: { reader: requirePermission('users:read') },
      query: UserSearch,
      response: { 200: wire.UserPage },
      summary: 'List or search accounts',
      tags,
    },
    async ({ query }) => {
      const page = await findAccounts(deps, query);
      return { items: page.items.map(wire.toUser), next_cursor: page.nextCursor };
    },
  );

  routes.get(
    '/users/:id',
    {
      needs: { admin: requireAdmin },
      params: UserId,
      response: { 200: wire.User },
      summary: 'One account',
      tags,
    },
    async ({ params }) => wire.toUser(await getAccount(deps, params.id)),
  );

  addUserChanges(routes, deps, wire, tags);
}

function addUserChanges(routes: Routes, deps: FlowDeps, wire: AccountWire, tags: readonly string[]): void {
  routes.patch(
    '/users/:id',
    {
      needs: { admin: requireAdmin, origin },
      params: UserId,
      body: wire.adminChange,
      response: { 200: wire.User },
      refusals: ['last_admin'],
      summary: 'Change an account: role, active, profile',
      tags,
    },
    async ({ admin, origin: from, params, body }) => {
      const change = {
        ...profileChange(body),
        ...(body.role === undefined ? {} : { role: body.role }),
        ...(body.is_active === undefined ? {} : { isActive: body.is_active }),
      };
      return wire.toUser(await updateAccount(deps, params.id, change, asAdmin(admin.id), from));
    },
  );

  routes.delete(
    '/users/:id',
    {
      needs: { admin: requireAdmin, origin },
      params: UserId,
      response: { 200: Message },
      refusals: ['last_admin'],
      summary: 'Delete an account',
      tags,
    },
    async ({ admin, origin: from, params }) => {
      await deleteAccount(deps, params.id, asAdmin(admin.id), from);
      return { message: 'User deleted successfully' };
    },
  );

  routes.delete(
    '/users/:id/sessions',
    {
      needs: { admin: requireAdmin, origin },
      params: UserId,
      response: { 204: z.void() },
      summary: 'End every session of an account',
      tags,
    },
    async ({ admin, origin: from, params }) => {
      await endSessions(deps, params.id, asAdmin(admin.id), from);
    },
  );
}
