import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type AccountsOptions,
  accounts,
  currentUser,
  defineAccess,
  dependency,
  guard,
  query,
  requireAdmin,
  requirePermission,
  requireRole,
} from '../../dist/index.js';
import { existingApp, existingSettings, listen } from '../support/existing.js';
import { LogLines, password } from '../support/wire.js';

/** An application that takes nothing but the accounts. */
async function withAccounts(
  more: (app: FastifyInstance) => void = () => undefined,
  options: Omit<AccountsOptions, 'settings'> = {},
  server: FastifyServerOptions = {},
) {
  const app = existingApp(server);
  await app.register(accounts, { settings: await existingSettings(), ...options });
  more(app);
  return { app, to: await listen(app) };
}

const promote = (app: FastifyInstance, username: string, role: string) =>
  app.sallyport.store.db
    .updateTable('sallyport_accounts')
    .set({ role })
    .where('username', '=', username)
    .execute();

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
        await own.sallyport.store.db.updateTable('sallyport_accounts').set({ is_active: 0 }).execute();
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
      "currentUser.of(request): its hook did not run on this route. Add onRequest: currentUser.hook to the route's options.",
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

describe('accounts', () => {
  it('takes own roles, and refuses a hook that asks for one which it was not given', async () => {
    const access = defineAccess({ roles: ['editor'], permissions: { 'reports:publish': ['editor'] } });
    const { app, to } = await withAccounts(
      (own) => {
        own.get('/edit', { onRequest: access.requireRole('editor').hook }, async () => 'edited');
        own.get(
          '/publish',
          { preHandler: access.requirePermission('reports:publish').hook },
          async () => 'out',
        );
      },
      { access },
    );
    const token = await to.signUp('alice');
    expect([(await to.get('/edit', { token })).status, (await to.get('/publish', { token })).status]).toEqual(
      [403, 403],
    );
    await promote(app, 'alice', 'editor');
    expect([(await to.get('/edit', { token })).text, (await to.get('/publish', { token })).text]).toEqual([
      'edited',
      'out',
    ]);
    const other = existingApp();
    await other.register(accounts, { settings: await existingSettings() });
    expect(() =>
      other.get('/edit', { onRequest: [access.requireRole('editor').hook] }, async () => 'x'),
    ).toThrow(/GET \/edit: requireRole\(editor\) asks for what this application does not have/);
  });

  it('offers store, sessions and hooks', async () => {
    const { app, to } = await withAccounts();
    const seen: string[] = [];
    app.sallyport.on('account.registered', ({ account }) => void seen.push(`in ${account.username}`));
    const committed = new Promise<void>((resolve) => {
      app.sallyport.afterCommit('account.registered', () => resolve());
    });
    const token = await to.signUp('alice');
    await committed;
    expect(seen).toEqual(['in alice']);
    const { id } = (await to.get('/users/me', { token })).json;
    const opened = await app.sallyport.sessions.open(id);
    expect((await to.get('/users/me', { token: opened.accessToken })).json.username).toBe('alice');
  });

  it("keeps its bodies, errors and gate to itself: the application's routes are as they were", async () => {
    const { to } = await withAccounts((own) => {
      own.post('/text', async (request) => ({ got: request.body }));
      own.get('/raw', async () => 'no guard, no gate');
      own.get('/broken', async () => {
        throw Object.assign(new Error('mine'), { statusCode: 418 });
      });
    });
    const text = await to.call('POST', '/text', { body: 'plain', headers: { 'content-type': 'text/plain' } });
    expect(text.json).toEqual({ got: 'plain' });
    expect((await to.get('/raw')).text).toBe('no guard, no gate');
    expect((await to.get('/broken')).json).toEqual({
      statusCode: 418,
      error: "I'm a Teapot",
      message: 'mine',
    });
    const wrong = await to.call('POST', '/auth/register', { json: { email: 'x' } });
    expect([wrong.status, wrong.json.code]).toEqual([422, 'validation_failed']);
    expect((await to.call('POST', '/auth/token', { json: {} })).status).toBe(415);
    expect((await to.get('/users/', { token: await to.signUp('alice') })).status).toBe(404);
  });

  it('leaves groups out, and names the mend where a route is taken', async () => {
    const { to } = await withAccounts((own) => own.get('/users', async () => 'mine'), {
      routes: { users: false, events: false },
    });
    expect((await to.get('/users')).text).toBe('mine');
    expect((await to.get('/events')).status).toBe(404);
    expect((await to.get('/users/me')).status).toBe(401);
    const taken = existingApp();
    taken.get('/users', async () => 'mine');
    await expect(taken.register(accounts, { settings: await existingSettings() })).rejects.toThrow(
      /accounts: .*'GET'.*'\/users'.* leave that group of ours out: accounts, \{ settings, routes: \{ users: false \} \}/,
    );
    const named = existingApp();
    named.decorateRequest('identity', null);
    await expect(named.register(accounts, { settings: await existingSettings() })).rejects.toThrow(
      /has decorateRequest\("identity"\) of its own/,
    );
  });

  it('closes its store with the application, when the last answer is out, and after a start that failed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-existing-'));
    const settings = await existingSettings({
      DATABASE_URL: `sqlite:${join(folder, 'app.db')}`,
      DATA_DIR: folder,
    });
    const failed = existingApp();
    failed.get('/users', async () => 'taken');
    await expect(failed.register(accounts, { settings })).rejects.toThrow(/leave that group/);

    const app = existingApp({ forceCloseConnections: false });
    await app.register(accounts, { settings });
    let entered = (): void => undefined;
    const running = new Promise<void>((resolve) => {
      entered = resolve;
    });
    app.get('/slow', async () => {
      entered();
      await closing;
      return app.sallyport.store.db.selectFrom('sallyport_accounts').select('username').execute();
    });
    let close = (): void => undefined;
    const closing = new Promise<void>((resolve) => {
      close = resolve;
    });
    app.addHook('preClose', async () => close());
    const to = await listen(app);
    await to.signUp('alice');
    await expect(existingApp().register(accounts, { settings })).rejects.toThrow(
      /Another server is already running on .*app\.db/,
    );
    const answer = to.get('/slow');
    await running;
    await app.close();
    expect((await answer).json).toEqual([{ username: 'alice' }]);
    const again = existingApp();
    await again.register(accounts, { settings });
    await promote(again, 'alice', 'admin');
    const next = await listen(again);
    const token = (await next.call('POST', '/auth/token', { form: { username: 'alice', password } })).json;
    const { json } = await next.get('/events', { token: token.access_token });
    const starts = json.items
      .map(({ name }: { name: string }) => name)
      .filter((name: string) => /^server/.test(name));
    expect(starts).toEqual(['server.started', 'server.stopped', 'server.started']);
    await again.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('in a plugin cover that plugin alone, and outside of it a guard refuses everybody', async () => {
    const settings = await existingSettings();
    const app = existingApp();
    app.register(
      async (scope) => {
        await scope.register(accounts, { settings });
        scope.get(
          '/mine',
          { onRequest: currentUser.hook },
          async (request) => currentUser.of(request).username,
        );
      },
      { prefix: '/v1' },
    );
    app.get('/outside', { onRequest: currentUser.hook }, async () => 'x');
    const to = await listen(app);
    const form = { username: 'alice', password };
    await to.call('POST', '/v1/auth/register', { json: { ...form, email: 'alice@example.org' } });
    const token = (await to.call('POST', '/v1/auth/token', { form })).json.access_token;
    expect((await to.get('/v1/mine', { token })).text).toBe('alice');
    expect((await to.get('/outside', { token })).status).toBe(500);
    expect(app.hasDecorator('sallyport')).toBe(false);
  });

  it('the throttle of passwords holds without requestLimit', async () => {
    const { to } = await withAccounts();
    await to.signUp('alice');
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1)
      statuses.push(
        (await to.call('POST', '/auth/token', { form: { username: 'alice', password: 'wrong' } })).status,
      );
    expect(statuses.at(0)).toBe(401);
    expect(statuses.at(-1)).toBe(429);
  });
});
