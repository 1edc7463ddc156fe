import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRoutes } from '../../src/access/create-routes.js';
import { currentSession, optionalUser, requireActiveUser } from '../../src/access/current-user.js';
import { declareAccess } from '../../src/access/granted.js';
import { declareIdentity, type Identity } from '../../src/access/identity.js';
import { requirePermission } from '../../src/access/require-permission.js';
import { requireAdmin, requireRole } from '../../src/access/require-role.js';
import { builtInAccess } from '../../src/accounts/access-table.js';
import type { Account, Role } from '../../src/accounts/account.js';
import { roles } from '../../src/accounts/account.js';
import { permissions } from '../../src/accounts/permissions.js';
import { Refusal } from '../../src/base/errors.js';
import { routesOptions } from './app.js';

const account = (role: Role): Account => ({
  id: '01a212fe-f927-7860-aacc-1736037b4346',
  email: 'alice@example.org',
  username: 'alice',
  fullName: null,
  bio: null,
  role,
  isActive: true,
  createdAt: 0,
  passwordVersion: 1,
});
const asRole = (role: Role): Identity => ({
  kind: 'proven',
  principal: { account: account(role), sessionId: 'session', keyId: null, scopes: null },
});
const Name = z.object({ name: z.string().nullable() });

/** Every guard of the house on a route of its own, asked by somebody whose identity was judged already. */
async function ask(path: string, identity: Identity): Promise<string> {
  const fastify = Fastify();
  fastify.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof Refusal)) throw error;
    reply.code(error.status).send({ detail: error.detail });
  });
  declareIdentity(fastify);
  declareAccess(fastify, builtInAccess);
  fastify.addHook('onRequest', (request, _reply, done) => {
    request.identity = identity;
    done();
  });
  const routes = createRoutes(fastify, routesOptions);
  const response = { 200: Name };
  routes.get('/active', { needs: { user: requireActiveUser }, response }, ({ user }) => ({
    name: user.username,
  }));
  routes.get('/moderator', { needs: { user: requireRole('moderator') }, response }, () => ({ name: 'in' }));
  routes.get('/admin', { needs: { user: requireAdmin }, response }, () => ({ name: 'in' }));
  routes.get('/session', { needs: { at: currentSession }, response }, ({ at }) => ({ name: at.sessionId }));
  routes.get('/maybe', { access: 'public', needs: { user: optionalUser }, response }, ({ user }) => ({
    name: user?.username ?? null,
  }));
  for (const permission of permissions)
    routes.get(
      `/may/${permission.replace(':', '-')}`,
      { needs: { user: requirePermission(permission) }, response },
      () => ({
        name: 'in',
      }),
    );
  const answer = await fastify.inject(path);
  const { detail, name } = answer.json();
  return `${answer.statusCode} ${detail ?? name}`;
}

const disabled: Identity = { kind: 'disabled', accountId: 'x' };

describe('the guards', () => {
  it('refuse alike who is nobody, unproven or disabled', async () => {
    for (const path of ['/active', '/moderator', '/admin', '/session', '/may/users-read']) {
      expect(await ask(path, { kind: 'none' })).toBe('401 Not authenticated');
      expect(await ask(path, { kind: 'unproven' })).toBe('401 Could not validate credentials');
      expect(await ask(path, disabled)).toBe('403 Account is disabled');
    }
  });

  it('require_role admits that role and admins', async () => {
    expect(await ask('/moderator', asRole('moderator'))).toBe('200 in');
    expect(await ask('/moderator', asRole('admin'))).toBe('200 in');
    expect(await ask('/moderator', asRole('user'))).toBe('403 Insufficient permissions');
  });

  it('require_admin admits admins alone, in its own words', async () => {
    expect(await ask('/admin', asRole('admin'))).toBe('200 in');
    expect(await ask('/admin', asRole('moderator'))).toBe('403 Admin access required');
  });

  it('requirePermission follows the table, cell by cell', async () => {
    for (const role of roles)
      for (const permission of permissions) {
        const expected = builtInAccess.grants(role).has(permission)
          ? '200 in'
          : '403 Insufficient permissions';
        expect(await ask(`/may/${permission.replace(':', '-')}`, asRole(role)), `${role} ${permission}`).toBe(
          expected,
        );
      }
  });

  it('optionalUser gives null to nobody, and still refuses what does not hold', async () => {
    expect(await ask('/maybe', { kind: 'none' })).toBe('200 null');
    expect(await ask('/maybe', asRole('user'))).toBe('200 alice');
    expect(await ask('/maybe', { kind: 'unproven' })).toBe('401 Could not validate credentials');
    expect(await ask('/maybe', disabled)).toBe('403 Account is disabled');
  });

  it('currentSession and requireActiveUser give what they name', async () => {
    expect(await ask('/session', asRole('user'))).toBe('200 session');
    expect(await ask('/active', asRole('user'))).toBe('200 alice');
  });

  it('a role or permission that does not exist stops the start, and is named', () => {
    expect(() => requireRole('root' as Role)).toThrow(
      /requireRole\("root"\).*Known roles: admin, moderator, user/,
    );
    expect(() => requirePermission('users:fly' as 'users:read')).toThrow(/there is no such permission/);
  });

  it('is one dependency however often it is asked for', () => {
    expect(requireRole('admin')).toBe(requireRole('admin'));
  });
});
