import assert from 'node:assert/strict';
import { request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { loadSettings } from 'sallyport';
import { buildApp } from '../src/app.js';

const origin = 'https://app.example.org';
const password = 'Wonderland-1865';

/** On real sockets, with a database in memory, limits on. */
async function start(
  overrides: Record<string, string> = {},
): Promise<{ app: FastifyInstance; port: number }> {
  const { settings } = await loadSettings({
    envFiles: false,
    env: {
      ENVIRONMENT: 'development',
      DEBUG: 'false',
      DATABASE_URL: 'sqlite::memory:',
      SECURITY_JWT_SECRET_KEY: 'tRq8Vw2Zk5Nf7Xc1Lp9Hd4Js6Gm3Yb0Qa-uEoIx_Wz',
      SECURITY_BCRYPT_ROUNDS: '4',
      SECURITY_HASH_THREADS: '1',
      SECURITY_CORS_ORIGINS: origin,
      ALLOWED_HOSTS: '127.0.0.1',
      ...overrides,
    },
  });
  const app = await buildApp(settings);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { app, port };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

function call(
  port: number,
  method: string,
  path: string,
  { body, headers = {} }: { body?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => {
        const isJson = answer.headers['content-type']?.startsWith('application/json') && text !== '';
        resolve({
          status: answer.statusCode,
          headers: answer.headers,
          text,
          json: isJson ? JSON.parse(text) : {},
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Bytes as they are; what came until the connection ended. */
function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(seen));
  });
}

const json = (value: unknown): string => JSON.stringify(value);
const asJson = { 'content-type': 'application/json' };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function signUp(port: number, username: string): Promise<string> {
  const person = { email: `${username}@example.org`, username, password };
  const made = await call(port, 'POST', '/auth/register', { body: json(person), headers: asJson });
  assert.equal(made.status, 201, made.text);
  const signed = await call(port, 'POST', '/auth/token', {
    body: new URLSearchParams({ username, password }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.equal(signed.status, 200, signed.text);
  return String(signed.json['access_token']);
}

describe('the application that was there', () => {
  let app: FastifyInstance;
  let port: number;
  before(async () => {
    ({ app, port } = await start());
  });
  after(() => app.close());

  it('answers as before, now with the headers', async () => {
    const answer = await call(port, 'GET', '/books');
    assert.deepEqual(JSON.parse(answer.text), [{ id: 1, title: 'Through the Looking-Glass' }]);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/);
    assert.match(String(answer.headers['x-request-id']), /^[\w-]{36}$/);
  });

  it('keeps its own errors, in the one shape, and tells no fault', async () => {
    const gone = await call(port, 'GET', '/books/7');
    assert.deepEqual(
      [gone.status, gone.json['detail'], gone.json['code']],
      [404, 'No such book', 'not_found'],
    );
    const invalid = await call(port, 'GET', '/books/seven');
    assert.deepEqual([invalid.status, invalid.json['code']], [400, 'FST_ERR_VALIDATION']);
    const unknown = await call(port, 'GET', '/nothing');
    assert.deepEqual([unknown.status, unknown.json['code']], [404, 'not_found']);
  });

  it('allows one origin, and no other', async () => {
    const preflight = { 'access-control-request-method': 'POST' };
    const known = await call(port, 'OPTIONS', '/books', { headers: { origin, ...preflight } });
    assert.deepEqual([known.status, known.headers['access-control-allow-origin']], [204, origin]);
    const evil = await call(port, 'OPTIONS', '/books', {
      headers: { origin: 'https://evil.example', ...preflight },
    });
    assert.equal(evil.headers['access-control-allow-origin'], undefined);
  });

  it('refuses a foreign host, but for the health check', async () => {
    const headers = { host: 'evil.example' };
    const refused = await call(port, 'GET', '/books', { headers });
    assert.deepEqual([refused.status, refused.json['code']], [400, 'invalid_host']);
    assert.equal((await call(port, 'GET', '/healthz', { headers })).status, 200);
  });

  it('hides its docs outside of DEBUG, however they are spelt', async () => {
    for (const path of ['/docs', '/%64ocs', '/docs?x'])
      assert.deepEqual([path, (await call(port, 'GET', path)).status], [path, 404]);
    const debug = await start({ DEBUG: 'true' });
    assert.equal((await call(debug.port, 'GET', '/docs')).status, 200);
    await debug.app.close();
  });

  it('guards its routes by hooks, by the role as it is in the database now', async () => {
    const stranger = await call(port, 'GET', '/me/card');
    assert.equal(stranger.status, 401);
    assert.equal(stranger.headers['www-authenticate'], 'Bearer');

    const token = await signUp(port, 'alice');
    const card = await call(port, 'GET', '/me/card', { headers: bearer(token) });
    assert.deepEqual(card.json, { cardOf: 'alice', role: 'user' });

    const add = () =>
      call(port, 'POST', '/books', {
        body: json({ title: 'Sylvie' }),
        headers: { ...asJson, ...bearer(token) },
      });
    assert.equal((await add()).status, 403);
    // An operator's line: sallyport users set-role alice librarian
    await app.sallyport.store.db
      .updateTable('sallyport_accounts')
      .set({ role: 'librarian' })
      .where('username', '=', 'alice')
      .execute();
    const made = await add();
    assert.deepEqual([made.status, made.json], [201, { id: 2, title: 'Sylvie' }]);
    const removed = await call(port, 'DELETE', '/books/2', { headers: bearer(token) });
    assert.deepEqual([removed.status, removed.json['code']], [403, 'insufficient_permissions']);

    await call(port, 'POST', '/auth/logout', { headers: bearer(token) });
    assert.equal((await call(port, 'GET', '/me/card', { headers: bearer(token) })).status, 401);
  });

  it('answers in its shape even where no plugin is asked', async () => {
    const garbage = await sendRaw(port, 'this is not HTTP\r\n\r\n');
    assert.match(garbage, /^HTTP\/1\.1 400 /);
    assert.match(garbage, /x-content-type-options: nosniff/);
    assert.match(garbage, /"code":"bad_request"/);
  });

  it('counts requests, and says when to come again', async () => {
    const limited = await start({ SECURITY_RATE_LIMIT_REQUESTS: '2' });
    const statuses: unknown[] = [];
    for (let asked = 0; asked < 3; asked += 1)
      statuses.push((await call(limited.port, 'GET', '/books')).status);
    assert.deepEqual(statuses, [200, 200, 429]);
    assert.equal((await call(limited.port, 'GET', '/healthz')).status, 200);
    await limited.app.close();
  });
});
