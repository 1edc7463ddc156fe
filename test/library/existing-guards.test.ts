import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  accounts,
  currentUser,
  dependency,
  guard,
  query,
  requireAdmin,
  requirePermission,
  requireRole,
} from '../../dist/index.js';
import { existingApp, existingSettings, listen } from '../support/existing.js';
import { promote, withAccounts } from '../support/existing-accounts.js';
import { LogLines } from '../support/wire.js';

describe('guards as hooks', () => {
  const admin = requireRole('admin');

  it('let pass whom they prove, by the role in the database, and give the account', async () => {
    const { app, to } = await withAccounts((own) => {
      own.get('/admin/stats', { onRequest: admin.hook }, async (request) => ({
        hello: admin.of(request).username,
      }));
      own.get('/me', { onRequest: currentUser.hook }, async (request) => ({
        id: currentUser.of(request).id,
      }));
    });
    const token = await to.signUp('alice');
    const me = await to.get('/me', { token });
    expect(me.json.id).toBe((await to.get('/users/me', { token })).json.id);
    expect((await to.get('/admin/stats', { token })).status).toBe(403);
    await promote(app, 'alice', 'admin');
    expect((await to.get('/admin/stats', { token })).json).toEqual({ hello: 'alice' });
    await to.call('POST', '/auth/logout', { token });
    expect((await to.get('/me', { token })).status).toBe(401);
  });

  it("refuse in Fastify's shape without errorDoor, with the challenge that a 401 must have", async () => {
    const { to } = await withAccounts((own) => {
      own.get('/me', { onRequest: currentUser.hook }, async () => 'me');
    });
    const none = await to.get('/me');
    expect([none.status, none.headers['www-authenticate'], none.headers['cache-control']]).toEqual([
      401,
      'Bearer',
      'no-store',
    ]);
    expect(none.json).toMatchObject({ code: 'not_authenticated', message: 'Not authenticated' });
    const bad = await to.get('/me', { token: 'a.b.c' });
    expect(bad.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    // Our own routes keep our shape.
    expect((await to.get('/users/me')).json).toMatchObject({ detail: 'Not authenticated' });
  });

  it('reach HEAD twins, plugins loaded before and after, and paths that do not exist', async () => {
    const app = existingApp();
    app.register(async (scope) => {
      scope.get(
        '/before',
        { onRequest: currentUser.hook },
        async (request) => currentUser.of(request).username,
      );
    });
    await app.register(accounts, { settings: await existingSettings() });
    app.register(
      async (scope) => {
        scope.addHook('onRequest', currentUser.hook);
        scope.get('/after', async (request) => currentUser.of(request).username);
        scope.setNotFoundHandler((_request, reply) => reply.code(404).send('mine'));
      },
      { prefix: '/v1' },
    );
    const to = await listen(app);
    const token = await to.signUp('alice');
    for (const path of ['/before', '/v1/after']) {
      expect([path, (await to.get(path)).status, (await to.call('HEAD', path)).status]).toEqual([
        path,
        401,
        401,
      ]);
      expect([path, (await to.get(path, { token })).text]).toEqual([path, 'alice']);
      expect((await to.call('HEAD', path, { token })).status).toBe(200);
    }
    expect([(await to.get('/v1/no')).status, (await to.get('/v1/no', { token })).status]).toEqual([401, 404]);
  });

  it('stand two on a route: both must let pass, and the first that refuses is told', async () => {
    const events: string[] = [];
    const opened = dependency('opened', { user: currentUser }, () => ({
      [Symbol.asyncDispose]: async () => {
        events.push('disposed');
      },
    }));
    const { app, to } = await withAccounts((own) => {
      const hooks = [opened.hook, requirePermission('users:read').hook, requireAdmin.hook];
      own.get('/both', { onRequest: hooks }, async (request) => {
        events.push('handled');
        return requireAdmin.of(request).username;
      });
    });
    const token = await to.signUp('alice');
    expect((await to.get('/both', { token })).json.code).toBe('insufficient_permissions');
    await promote(app, 'alice', 'moderator');
    expect((await to.get('/both', { token })).json.code).toBe('admin_required');
    await promote(app, 'alice', 'admin');
    expect((await to.get('/both', { token })).text).toBe('alice');
    expect(events.filter((one) => one === 'handled')).toHaveLength(1);
    expect(events.filter((one) => one === 'disposed')).toHaveLength(3);
  });

  it('are judged once more after a body was waited for; a route without one ignores credentials', async () => {
    const { app, to } = await withAccounts((own) => {
      own.addHook('preValidation', async (request) => {
        if (request.headers['x-end'] === undefined) return;
        await own.sallyport.store.db.updateTable('sallyport_accounts').set({ is_active: false }).execute();
      });
      own.post('/guarded', { onRequest: currentUser.hook }, async () => 'done');
      own.post('/open', async () => 'done');
    });
    const token = await to.signUp('alice');
    const headers = { 'x-end': 'yes' };
    expect((await to.call('POST', '/guarded', { token, json: {} })).text).toBe('done');
    const ended = await to.call('POST', '/guarded', { token, json: {}, headers });
    expect([ended.status, ended.json.code]).toEqual([403, 'account_disabled']);
    expect((await to.call('POST', '/open', { token, json: {} })).text).toBe('done');
    expect(app.sallyport.store.engine).toBe('sqlite');
  });

  it('refuse everybody, and say why in the log, where nobody judged', async () => {
    const log = new LogLines();
    const app = existingApp({ loggerInstance: pino({ level: 'error' }, log) });
    app.addHook('onRequest', async (request) => {
      request.headers['x-seen'] = 'yes';
    });
    app.get('/me', { onRequest: currentUser.hook }, async () => 'me');
    app.get('/admin', { onRequest: admin.hook }, async () => 'admin');
    const to = await listen(app);
    for (const path of ['/me', '/admin'])
      expect([path, (await to.get(path, { token: 'a.b.c' })).status]).toEqual([path, 500]);
    expect(log.lines.join('')).toContain('The credential of this request was not judged');
    expect(log.lines.join('')).toContain('register the plugin accounts before');
  });

  it('refuse everybody where the hook runs before the accounts', async () => {
    const app = existingApp();
    app.addHook('onRequest', currentUser.hook);
    await app.register(accounts, { settings: await existingSettings() });
    app.get('/me', async () => 'me');
    expect((await (await listen(app)).get('/me')).status).toBe(500);
  });

  it("give nothing on a route without them, and need no accounts where the guard is one's own", async () => {
    const signature = guard('signature', {}, () => 'proven');
    const app = existingApp();
    app.get('/open', async (request) => currentUser.of(request).id);
    app.get('/own', { onRequest: signature.hook }, async (request) => signature.of(request));
    const to = await listen(app);
    const open = await to.get('/open');
    expect([open.status, open.json.message]).toEqual([
      500,
      expect.stringMatching(
        /^currentUser\.of\(request\): it did not judge this request\. Add onRequest: currentUser\.hook/,
      ),
    ]);
    expect((await to.get('/own')).text).toBe('proven');
    const reads = guard('reads', { q: query(z.object({})) }, () => 'x');
    expect(() => reads.hook).toThrow(/reads params, query, headers or the body/);
  });

  it('a refusal for a role is an event', async () => {
    const { app, to } = await withAccounts((own) => {
      own.get('/admin', { onRequest: admin.hook }, async () => 'x');
    });
    const token = await to.signUp('alice');
    await to.get('/admin', { token });
    await promote(app, 'alice', 'admin');
    const { json } = await to.get('/events', { token });
    expect(json.items).toContainEqual(
      expect.objectContaining({ name: 'authorization.denied', details: { route: 'GET /admin' } }),
    );
  });
});
