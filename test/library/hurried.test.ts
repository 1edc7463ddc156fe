import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  createSecureApp,
  currentUser,
  defineAccess,
  dependency,
  headers,
  query,
  requireRole,
  type SecureApp,
} from '../../dist/index.js';
import { createTestApp, type TestApp } from '../../dist/testing/index.js';

const apps: SecureApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});
async function make(options: Parameters<typeof createTestApp>[0] = {}): Promise<TestApp> {
  const app = await createTestApp({ settings: { LOG_LEVEL: 'silent' }, ...options });
  apps.push(app);
  return app;
}
const response = { 200: z.object({ ok: z.string() }) };
const open = { access: 'public', response } as const;
const hurried = (value: unknown) => value as never;

describe('what a hurried colleague writes', () => {
  it.each<[string, (app: TestApp) => unknown, RegExp]>([
    [
      'a schema for the response',
      (app) =>
        app.get(
          hurried('/r'),
          hurried({ access: 'public', response: z.string() }),
          hurried(() => ''),
        ),
      /^GET \/r: response lists schemas by status\. Write \{ 200/,
    ],
    [
      'braces in a path',
      (app) => app.get('/r/{id}', open, () => ({ ok: '' })),
      /written with a colon: \/items\/:id/,
    ],
    [
      'a factory for a need',
      (app) =>
        app.get(
          hurried('/r'),
          hurried({ needs: { user: requireRole }, response }),
          hurried(() => ''),
        ),
      /^GET \/r: a function is no dependency\. Call it, requireRole\('admin'\)/,
    ],
    [
      'a media type that nothing reads',
      (app) => app.post('/r', { ...open, body: z.string(), consumes: ['image/png'] }, () => ({ ok: '' })),
      /^POST \/r: nothing reads a body of image\/png/,
    ],
    [
      'no plugin',
      (app) => app.register(hurried(undefined), {}, { access: 'public' }),
      /register: undefined is no plugin/,
    ],
    [
      'a cover with more',
      (app) => app.register(async () => {}, {}, hurried({ access: 'public', limit: 1 })),
      /there is no option "limit"; known are access, needs/,
    ],
    [
      'a cover that reads the query',
      (app) =>
        app.register(
          async () => {},
          {},
          { needs: { own: dependency('own', { user: currentUser, q: query(z.object({})) }, () => 1) } },
        ),
      /own cannot stand here/,
    ],
    ['an own error handler at the root', (app) => app.fastify.setErrorHandler(() => {}), /already set/i],
  ])('%s is refused at once, with place and mend', async (_what, write, words) => {
    const app = await make();
    expect(() => write(app)).toThrow(words);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'createSecureApp: a setting beside the settings',
      () => createSecureApp(hurried({ PORT: 1 })),
      /"PORT" is a setting\. Settings stand under settings: \{ PORT/,
    ],
    [
      'createSecureApp: a misspelt group',
      () => createSecureApp({ routes: hurried({ user: false }) }),
      /routes: there is no option "user"; known are account, tokens, users/,
    ],
    [
      'createTestApp: a misspelt option',
      () => createTestApp(hurried({ limit: true })),
      /createTestApp: there is no option "limit"/,
    ],
    [
      'defineAccess: a misspelt option',
      async () => defineAccess(hurried({ role: [] })),
      /defineAccess: there is no option "role"/,
    ],
    [
      'sessions.open: a misspelt option',
      async () => (await make()).sessions.open('x', hurried({ scope: [] })),
      /sessions\.open: there is no option "scope"/,
    ],
    [
      'sessions.open: nobody',
      async () => (await make()).sessions.open(hurried(undefined)),
      /the account's id is undefined/,
    ],
    [
      'sessions.open: one scope as a text',
      async () => (await make()).sessions.open('x', { scopes: hurried('users:read') }),
      /scopes is a list/,
    ],
    [
      'store.transaction: a misspelt option',
      async () => (await make()).store.transaction(async () => 1, hurried({ dedline: 1 })),
      /there is no option "dedline"/,
    ],
  ])('%s is refused', async (_what, call, words) => {
    await expect(call()).rejects.toThrow(words);
  });

  it('a transaction inside a transaction is told at once, in a hook too', async () => {
    const app = await make();
    const nested = () => app.store.transaction(async () => app.store.transaction(async () => 1));
    await expect(nested()).rejects.toThrow(/would wait for itself: use the tx that you have/);
    app.on('account.registered', () => app.store.transaction(async () => {}));
    await expect(app.as('user')).rejects.toThrow(/would wait for itself/);
  });
});

describe('a plugin', () => {
  it('keeps the cover that it was registered with, whatever is written into it afterwards', async () => {
    const app = await make();
    const cover: { needs?: object; access?: string } = { needs: { user: currentUser } };
    app.register(async (scope) => void scope.get('/guarded', async () => 'SECRET'), {}, hurried(cover));
    delete cover.needs;
    cover.access = 'public';
    expect((await app.inject('/guarded')).statusCode).toBe(401);
    expect(app.routes().find(({ path }) => path === '/guarded')?.access).toEqual(['currentUser']);
  });

  it('reads forms by its own parser, and a refusal that its own error handler writes has its challenge', async () => {
    const app = await make();
    app.register(
      async (scope) => {
        scope.addContentTypeParser('multipart/form-data', async () => 'its own');
        scope.post('/upload', async ({ body }) => body);
        scope.setErrorHandler((_error, _request, reply) => reply.code(401).send('its words'));
      },
      {},
      { needs: { user: currentUser } },
    );
    const stranger = await app.nobody.post('/upload');
    expect([stranger.status, stranger.text, stranger.headers['www-authenticate']]).toEqual([
      401,
      'its words',
      'Bearer',
    ]);
    const alice = await app.as('user');
    const type = { 'content-type': 'multipart/form-data; boundary=x' };
    const sent = await app.inject({
      method: 'POST',
      url: '/upload',
      payload: '--x--',
      headers: { ...type, authorization: `Bearer ${alice.token}` },
    });
    expect(sent.payload).toBe('its own');
  });

  it('callNotFound answers in the one shape', async () => {
    const app = await make();
    app.fastify.get('/gone', { config: { access: 'public' } }, (_request, reply) => reply.callNotFound());
    const { status, json } = await app.nobody.get('/gone');
    expect([status, json]).toEqual([
      404,
      expect.objectContaining({ detail: 'Not Found', code: 'not_found' }),
    ]);
  });

  it('config.scopes written by hand opens nothing to a narrowed session', async () => {
    const app = await make();
    const config = hurried({ needs: { user: requireRole('moderator') }, scopes: ['users:read'] });
    app.fastify.get('/by-hand', { config }, async () => 'SECRET');
    const narrow = await app.as({ role: 'moderator', scopes: ['users:read'] });
    expect((await narrow.get('/by-hand')).status).toBe(403);
  });
});

describe('a route of the application at a path of ours', () => {
  it('has none of what ours is spared: the limit, the host, the judging of who asks', async () => {
    const app = await make({ limits: true, routes: { tokens: false, health: false } });
    app.post('/auth/token', open, () => ({ ok: '' }));
    app.get('/healthz', { needs: { user: currentUser }, response }, ({ user }) => ({ ok: user.username }));
    const alice = await app.as({ username: 'alice' });
    expect((await alice.get('/healthz')).json).toEqual({ ok: 'alice' });
    expect((await alice.get('/healthz', { headers: { host: 'evil.example' } })).status).toBe(400);
    const statuses = new Set<number>();
    for (let at = 0; at < 130; at += 1) statuses.add((await app.nobody.post('/auth/token')).status);
    expect([...statuses]).toEqual([200, 429]);
  });
});

describe('what a browser and a query say', () => {
  it('own headers of clients and answers are allowed by name', async () => {
    const app = await make({
      settings: { LOG_LEVEL: 'silent', SECURITY_CORS_ORIGINS: 'https://app.example.org' },
      cors: { allowedHeaders: ['X-Tenant'], exposedHeaders: ['X-Total-Count'] },
    });
    const needs = { tenant: headers(z.object({ 'x-tenant': z.string() })) };
    app.get('/own', { access: 'public', needs, response }, ({ tenant }) => ({ ok: tenant['x-tenant'] }));
    const origin = { origin: 'https://app.example.org' };
    const preflight = await app.nobody.call('OPTIONS', '/own', {
      headers: { ...origin, 'access-control-request-method': 'GET' },
    });
    expect(preflight.headers['access-control-allow-headers']).toMatch(/Authorization.*X-Tenant/);
    const got = await app.nobody.get('/own', { headers: { ...origin, 'x-tenant': 'blue' } });
    expect(got.json).toEqual({ ok: 'blue' });
    expect(got.headers['access-control-expose-headers']).toMatch(/X-Total-Count/);
  });

  it('a list in the query may have one entry, many or none', async () => {
    const app = await make();
    const wanted = z.object({ tag: z.array(z.string()).max(2).default([]), one: z.string().optional() });
    app.get('/tags', { access: 'public', query: wanted, response }, ({ query: { tag, one } }) => ({
      ok: `${tag.join('+')}/${one ?? ''}`,
    }));
    const ask = async (path: string) => (await app.nobody.get(path)).json;
    expect(await ask('/tags')).toEqual({ ok: '/' });
    expect(await ask('/tags?tag=a&one=x')).toEqual({ ok: 'a/x' });
    expect(await ask('/tags?tag=a&tag=b')).toEqual({ ok: 'a+b/' });
    expect((await app.nobody.get('/tags?tag=a&tag=b&tag=c')).status).toBe(422);
    expect((await app.nobody.get('/tags?one=a&one=b')).status).toBe(422);
  });
});
