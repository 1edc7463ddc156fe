import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ConfigurationError,
  clientAddress,
  createSecureApp,
  currentUser,
  defineAccess,
  requireRole,
  type SecureApp,
  type SecureAppOptions,
  SettingsRefused,
} from '../../dist/index.js';
import { callUrl, password } from '../support/wire.js';

const folders: string[] = [];
const apps: SecureApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'sallyport-library-'));
  folders.push(made);
  return made;
}

/** On a real file, as an embedding application has it; the working folder has no .env. */
async function open(options: SecureAppOptions = {}, dataDir = folder()): Promise<SecureApp> {
  const app = await createSecureApp({
    log: pino({ level: 'silent' }),
    ...options,
    settings: {
      DATA_DIR: dataDir,
      SECURITY_BCRYPT_ROUNDS: 4,
      SECURITY_HASH_THREADS: 1,
      ...options.settings,
    },
  });
  apps.push(app);
  return app;
}

const Name = z.object({ name: z.string() });

async function signUp(url: string, username: string): Promise<string> {
  const person = { email: `${username}@example.org`, username, password };
  expect((await callUrl(url, 'POST', '/auth/register', { json: person })).status).toBe(201);
  const answer = await callUrl(url, 'POST', '/auth/token', { form: { username, password } });
  return answer.json.access_token;
}

describe('createSecureApp', () => {
  it('serves its own routes and ours behind the same guards', async () => {
    const app = await open();
    app.get('/hello', { needs: { user: currentUser }, response: { 200: Name } }, ({ user }) => ({
      name: user.username,
    }));
    const url = await app.listen({ port: 0 });
    const token = await signUp(url, 'alice');
    expect((await callUrl(url, 'GET', '/hello', { token })).json).toEqual({ name: 'alice' });
    const refused = await callUrl(url, 'GET', '/hello');
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(refused.headers['x-content-type-options']).toBe('nosniff');
    expect((await callUrl(url, 'GET', '/healthz')).json).toEqual({ status: 'ok' });
  });

  it('drops what the response does not list, and answers what does not fit with a plain 500', async () => {
    const app = await open();
    const leaky = { name: 'alice', password_hash: '$2b$' };
    app.get('/leaky', { access: 'public', response: { 200: Name } }, () => leaky);
    app.get('/misfit', { access: 'public', response: { 200: Name } }, () => ({
      name: 7 as unknown as string,
    }));
    expect((await app.inject('/leaky')).json()).toEqual({ name: 'alice' });
    const misfit = await app.inject('/misfit');
    expect(misfit.statusCode).toBe(500);
    expect(misfit.json()).toMatchObject({ detail: 'Internal Server Error' });
  });

  it('knows own roles and permissions, and an account that lost its role in another version is a user', async () => {
    const access = defineAccess({ roles: ['editor'], permissions: { 'reports:publish': ['editor'] } });
    const app = await open({ access });
    app.get(
      '/edit',
      { needs: { user: access.requireRole('editor') }, response: { 200: Name } },
      ({ user }) => ({
        name: user.role,
      }),
    );
    app.get(
      '/publish',
      { needs: { user: access.requirePermission('reports:publish') }, response: { 200: Name } },
      ({ user }) => ({ name: user.role }),
    );
    const url = await app.listen({ port: 0 });
    const token = await signUp(url, 'alice');
    const ask = async (path: string) => (await callUrl(url, 'GET', path, { token })).status;
    expect([await ask('/edit'), await ask('/publish')]).toEqual([403, 403]);
    const set = (role: string) => app.store.db.updateTable('sallyport_accounts').set({ role }).execute();
    await set('editor');
    expect([await ask('/edit'), await ask('/publish')]).toEqual([200, 200]);
    expect((await callUrl(url, 'GET', '/users/me', { token })).json.role).toBe('editor');
    await set('writer');
    expect([await ask('/edit'), await ask('/publish')]).toEqual([403, 403]);
    expect((await callUrl(url, 'GET', '/users/me', { token })).json.role).toBe('user');
  });

  it('tells where the client stands, behind a declared proxy too', async () => {
    const app = await open({ settings: { TRUSTED_PROXIES: '127.0.0.1' } });
    app.get(
      '/whence',
      { access: 'public', needs: { clientAddress }, response: { 200: Name } },
      ({ clientAddress: address }) => ({ name: address }),
    );
    const url = await app.listen({ port: 0 });
    const headers = { 'x-forwarded-for': '192.0.2.66, 203.0.113.7' };
    expect((await callUrl(url, 'GET', '/whence', { headers })).json).toEqual({ name: '203.0.113.7' });
  });

  it('refuses a route that asks for a role the application was not given', async () => {
    const { requireRole: other } = defineAccess({ roles: ['editor'] });
    const app = await open();
    const add = () =>
      app.get('/edit', { needs: { user: other('editor') }, response: { 200: Name } }, () => ({ name: '' }));
    expect(add).toThrow(/^GET \/edit: requireRole\(editor\) asks for what this application does not have/);
    expect(() => requireRole('editor' as 'admin')).toThrow(
      /no such role\. Known roles: admin, moderator, user/,
    );
  });

  it('leaves groups of routes out', async () => {
    const app = await open({ routes: { users: false, docs: false, events: false } });
    await app.ready();
    const paths = new Set(app.routes().map(({ path }) => path));
    expect(paths.has('/users/me')).toBe(true);
    for (const gone of ['/users', '/users/:id', '/docs', '/openapi.json', '/events'])
      expect(paths.has(gone)).toBe(false);
    expect((await app.inject('/users')).statusCode).toBe(404);
  });

  it('refuses every bad setting at once, an unknown one and an unknown option', async () => {
    const bad = open({ settings: { PORT: 99999, SECURITY_BCRYPT_ROUNDS: 3 } });
    await expect(bad).rejects.toThrow(SettingsRefused);
    await expect(bad).rejects.toThrow(/PORT[\s\S]*SECURITY_BCRYPT_ROUNDS/);
    await expect(open({ settings: { PROT: 1 } as object })).rejects.toThrow(/settings\.PROT is no setting/);
    await expect(open({ setings: {} } as object)).rejects.toThrow(
      /there is no option "setings"; known are settings/,
    );
  });

  it('is refused the database that another application has open', async () => {
    const dataDir = folder();
    await open({}, dataDir);
    await expect(open({}, dataDir)).rejects.toThrow(ConfigurationError);
  });

  it('says in one line why it cannot listen, and closes in order', async () => {
    const app = await open();
    const url = await app.listen({ port: 0 });
    const other = await open();
    const port = Number(new URL(url).port);
    await expect(other.listen({ port })).rejects.toThrow(`port ${port} is taken by another program`);
    await app.close();
    await app.close();
  });
});
