import { request } from 'node:http';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createKey, idOfKey } from '../../dist/api-keys/key-format.js';
import { currentUser, defineAccess, optionalUser, requireAdmin } from '../../dist/index.js';
import { keyBench } from '../support/key-bench.js';
import { describeEachApp, type LibraryApp } from '../support/library.js';

const access = defineAccess({
  roles: ['editor'],
  permissions: { 'reports:read': ['user', 'editor'], 'reports:publish': ['editor'] },
});
const response = { 200: z.object({ name: z.string().nullable() }) };

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** CRC-32 in base 62: what a forger can make as well. */
function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  while (digits.length < 6) {
    digits = alphabet.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Called when somebody was let into /send, whose body is not there yet. */
let onJudged = (): void => {};

function build({ app }: LibraryApp): void {
  const add = (path: string, user: typeof currentUser) =>
    app.get(path, { needs: { user }, response }, ({ user: found }) => ({ name: found.username }));
  add('/mine', currentUser);
  add('/read', access.requirePermission('reports:read'));
  add('/publish', access.requirePermission('reports:publish'));
  add('/scope', access.requireScope('reports:read'));
  add('/editor', access.requireRole('editor'));
  add('/admin', requireAdmin);
  const needs = { user: access.requireRole('editor'), scope: access.requireScope('reports:read') };
  app.get('/editor-or-key', { needs, response }, ({ user }) => ({ name: user.username }));
  app.get('/role', { needs: { user: currentUser }, response }, ({ user }) => ({ name: user.role }));
  app.get('/maybe', { access: 'public', needs: { user: optionalUser }, response }, ({ user }) => ({
    name: user?.username ?? null,
  }));
  app.fastify.addHook('preParsing', async ({ url }) => {
    if (url === '/send') onJudged();
  });
  const body = z.object({ text: z.string() });
  app.post('/send', { needs: { user: currentUser }, body, response }, ({ user }) => ({
    name: user.username,
  }));
}

describeEachApp('API keys', { build, access }, (get) => {
  const { make, by, ask, setRole } = keyBench(get);

  it('is told once, kept as a digest, and lives 90 days', async () => {
    const alice = await get().person();
    const made = await get().call('POST', '/api-keys', { token: alice.token, json: { name: 'nightly' } });
    expect(made.status).toBe(201);
    expect(made.headers['cache-control']).toBe('no-store');
    expect(Object.keys(made.json).sort()).toEqual([
      'created_at',
      'expires_at',
      'id',
      'key',
      'name',
      'scopes',
    ]);
    expect(Date.parse(made.json.expires_at) - Date.parse(made.json.created_at)).toBe(90 * 86_400_000);
    const listed = await get().call('GET', '/api-keys', { token: alice.token });
    expect(listed.json.items).toHaveLength(1);
    expect(listed.text).not.toContain(made.json.key);
    const rows = await get().app.house.store.db.selectFrom('sallyport_api_keys').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(made.json.key.split('_')[2]);
    expect(get().log.lines.join('')).not.toContain(made.json.key.split('_')[2]);
  });

  it('without scopes opens what needs no more than a user', async () => {
    const alice = await get().person();
    await setRole(alice.id, 'editor');
    const { key } = await make(alice.token);
    const paths = ['/mine', '/maybe', '/read', '/publish', '/scope', '/editor', '/editor-or-key', '/admin'];
    const statuses = await Promise.all(paths.map((path) => ask(key, path)));
    expect(statuses).toEqual([200, 200, 403, 403, 403, 403, 403, 403]);
    expect((await get().call('GET', '/maybe', by(key))).json).toEqual({ name: alice.username });
  });

  it('with scopes opens what they and the owner’s role both allow', async () => {
    const alice = await get().person();
    const { key, scopes } = await make(alice.token, {
      scopes: ['reports:read', 'reports:publish', 'reports:read'],
    });
    expect(scopes).toEqual(['reports:read', 'reports:publish']);
    const paths = ['/read', '/scope', '/publish', '/editor', '/editor-or-key', '/admin'];
    const statuses = () => Promise.all(paths.map((path) => ask(key, path)));
    expect(await statuses()).toEqual([200, 200, 403, 403, 403, 403]);
    await setRole(alice.id, 'editor');
    expect(await statuses()).toEqual([200, 200, 200, 403, 200, 403]);
    await setRole(alice.id, 'admin');
    expect(await statuses()).toEqual([200, 200, 200, 403, 200, 403]);
  });

  it('attack: opens no route of accounts, sessions or keys, whatever its scopes and its owner', async () => {
    const admin = await get().person();
    await setRole(admin.id, 'admin');
    const { key, id } = await make(admin.token, { scopes: ['users:read', 'users:write', 'users:delete'] });
    const barred: [string, string][] = [
      ['GET', '/users/me'],
      ['PATCH', '/users/me'],
      ['DELETE', '/users/me'],
      ['POST', '/users/me/password'],
      ['GET', '/users/me/sessions'],
      ['DELETE', '/users/me/sessions'],
      ['POST', '/auth/logout'],
      ['GET', '/api-keys'],
      ['POST', '/api-keys'],
      ['DELETE', `/api-keys/${id}`],
      ['POST', `/api-keys/${id}/rotate`],
      ['GET', `/users/${admin.id}`],
      ['PATCH', `/users/${admin.id}`],
      ['DELETE', `/users/${admin.id}`],
      ['GET', '/events'],
    ];
    const other = createKey().key;
    for (const [method, path] of barred) {
      expect([method, path, await ask(key, path, method)]).toEqual([method, path, 403]);
      expect([method, path, await ask(other, path, method)]).toEqual([method, path, 401]);
    }
    expect(await ask(key, '/users')).toBe(200);
  });

  it('attack: cut, cased, swapped, doubled, or beside a token, it is nobody’s', async () => {
    const [alice, bob] = [await get().person(), await get().person()];
    const [mine, theirs] = [await make(alice.token), await make(bob.token)];
    const parts = mine.key.split('_');
    const foreign = theirs.key.split('_');
    const wrong = [
      mine.key.slice(0, -1),
      mine.key.toUpperCase(),
      mine.key.replace('spk_', 'sp_'),
      [parts[0], foreign[1], parts[2], parts[3]].join('_'),
      createKey().key,
      `${mine.key}, ${mine.key}`,
      'x'.repeat(9000),
    ];
    for (const key of wrong)
      expect([key.slice(0, 80), await ask(key, '/mine')]).toEqual([key.slice(0, 80), 401]);
    const both = { token: alice.token, ...by(mine.key) };
    expect((await get().call('GET', '/mine', both)).status).toBe(401);
    const asToken = await get().call('GET', '/mine', { token: mine.key });
    expect(asToken.status).toBe(401);
    const asKey = await get().call('GET', '/mine', by(alice.token));
    expect(asKey.status).toBe(401);
    expect(await ask(mine.key, '/mine')).toBe(200);
  });

  it('attack: a real id with another secret, checksum and all, is nobody’s', async () => {
    const alice = await get().person();
    const mine = await make(alice.token);
    const other = createKey().key.split('_');
    const body = `spk_${mine.id}_${other[2]}`;
    const forged = `${body}_${checksumOf(body)}`;
    expect(idOfKey(forged)).toBe(mine.id);
    expect(await ask(forged, '/mine')).toBe(401);
    expect(await ask(mine.key, '/mine')).toBe(200);
  });

  it('a role that the application does not know is worth nothing to a key either', async () => {
    const alice = await get().person();
    const { key } = await make(alice.token, { scopes: ['reports:read', 'reports:publish'] });
    await setRole(alice.id, 'stranger');
    expect(await ask(key, '/read')).toBe(200);
    expect(await ask(key, '/publish')).toBe(403);
    expect((await get().call('GET', '/role', by(key))).json).toEqual({ name: 'user' });
  });

  it('is judged again after a body that was held open', async () => {
    const alice = await get().person();
    const { key, id } = await make(alice.token);
    const judged = new Promise<void>((resolve) => {
      onJudged = resolve;
    });
    const headers = { 'x-api-key': key, 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const sending = request(`${get().url}/send`, { method: 'POST', headers });
    const answered = new Promise<number | undefined>((resolve) => {
      sending.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
    });
    sending.write('{"text":');
    await judged;
    expect((await get().call('DELETE', `/api-keys/${id}`, { token: alice.token })).status).toBe(204);
    sending.end('"x"}');
    expect(await answered).toBe(401);
  });

  it.each([
    [{ name: '' }],
    [{ name: 'x'.repeat(81) }],
    [{ name: 'x', scopes: ['reports:burn'] }],
    [{ name: 'x', expires_in_days: 91 }],
    [{ name: 'x', expires_in_days: 0 }],
    [{ name: 'x', owner: 'me' }],
    [{}],
  ])('refuses %j', async (json) => {
    const alice = await get().person();
    expect((await get().call('POST', '/api-keys', { token: alice.token, json })).status).toBe(422);
  });

  it('stands in OpenAPI where a key opens a route, with the scopes it needs', () => {
    const { paths, components } = get().app.openApi() as {
      paths: Record<string, Record<string, { security: object[] }>>;
      components: { securitySchemes: Record<string, object> };
    };
    const security = (path: string) => paths[path]?.['get']?.security;
    expect(components.securitySchemes['APIKeyHeader']).toEqual({
      type: 'apiKey',
      in: 'header',
      name: 'X-API-Key',
    });
    expect(security('/mine')).toContainEqual({ APIKeyHeader: [] });
    expect(security('/read')).toContainEqual({ APIKeyHeader: ['reports:read'] });
    expect(security('/editor-or-key')).toContainEqual({ APIKeyHeader: ['reports:read'] });
    for (const path of ['/editor', '/admin', '/users/me', '/api-keys'])
      expect(JSON.stringify(security(path))).not.toContain('APIKeyHeader');
  });
});
