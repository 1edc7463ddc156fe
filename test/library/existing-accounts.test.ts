import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { accounts, currentUser, defineAccess, type Settings } from '../../dist/index.js';
import { existingApp, existingSettings, listen } from '../support/existing.js';
import { promote, withAccounts } from '../support/existing-accounts.js';
import { createDatabase } from '../support/stores.js';
import { password } from '../support/wire.js';

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

  it('lets hooks after the commit end before it closes the store', async () => {
    let close = (): void => undefined;
    const closing = new Promise<void>((resolve) => {
      close = resolve;
    });
    // From here on the server is closed and no request runs.
    const { app, to } = await withAccounts((own) => own.addHook('preClose', async () => close()));
    const found: number[] = [];
    app.sallyport.afterCommit('account.registered', async () => {
      await closing;
      const { db } = app.sallyport.store;
      for (let asked = 0; asked < 500; asked += 1) {
        // Whoever closes without waiting gets their turn.
        await turn();
        found.push((await db.selectFrom('sallyport_accounts').select('username').execute()).length);
      }
    });
    await to.signUp('alice');
    await app.close();
    expect(found).toHaveLength(500);
  });

  it('of two applications on one PostgreSQL are the same', async () => {
    const database = await createDatabase('postgres');
    const where = database.settings as unknown as Pick<Settings, 'database' | 'dataDir'>;
    const settings: Settings = { ...(await existingSettings()), ...where };
    const open = async () => {
      const app = existingApp();
      await app.register(accounts, { settings });
      app.get('/mine', { onRequest: currentUser.hook }, async (request) => currentUser.of(request).username);
      return { app, to: await listen(app) };
    };
    const [one, other] = [await open(), await open()];
    const token = await one.to.signUp('alice');
    expect((await other.to.get('/mine', { token })).text).toBe('alice');
    await other.to.call('POST', '/auth/logout', { token });
    expect((await one.to.get('/mine', { token })).status).toBe(401);
    for (const { app } of [one, other]) await app.close();
    await database.drop();
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
      /accounts: .*'GET'.*'\/users'.* leave that group of ours out \(routes: \{ users: false \}\)/,
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

  it('stand below a prefix, with guards for the whole application', async () => {
    const { to } = await withAccounts(
      (own) => {
        own.get(
          '/users/me',
          { onRequest: currentUser.hook },
          async (request) => currentUser.of(request).username,
        );
      },
      { prefix: '/identity' },
    );
    const form = { username: 'alice', password };
    await to.call('POST', '/identity/auth/register', { json: { ...form, email: 'alice@example.org' } });
    const token = (await to.call('POST', '/identity/auth/token', { form })).json.access_token;
    expect((await to.get('/users/me', { token })).text).toBe('alice');
    expect((await to.get('/identity/users/me', { token })).json.username).toBe('alice');
    for (const path of ['/auth/token', '/.well-known/jwks.json', '/identity/.well-known/jwks.json'])
      expect([path, (await to.get(path)).status]).toEqual([path, 404]);
    const settings = await existingSettings();
    for (const prefix of ['identity', '/identity/', '/:tenant'])
      await expect(existingApp().register(accounts, { settings, prefix })).rejects.toThrow(
        /accounts: prefix is a path/,
      );
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
