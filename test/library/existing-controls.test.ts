import { describe, expect, it } from 'vitest';
import { cors, requireHttps, securityHeaders, trustedHosts } from '../../dist/index.js';
import { existingApp, existingSettings, listen, plainApp } from '../support/existing.js';
import { askRaw, requestBytes } from '../support/raw-socket.js';
import { securityHeaders as lacking, noSecurityHeaders } from '../support/security-headers.js';

describe('securityHeaders alone', () => {
  it('stands on answers, errors and unknown paths, on routes registered before and after, and in plugins', async () => {
    const app = plainApp();
    app.register(async (scope) => scope.get('/before', async () => 'before'));
    await app.register(securityHeaders, { settings: await existingSettings() });
    app.register(async (scope) => scope.get('/after', async () => 'after'), { prefix: '/v1' });
    app.get('/fault', async () => {
      throw new Error('broken');
    });
    const to = await listen(app);
    for (const path of ['/hello', '/before', '/v1/after', '/fault', '/nothing', '/v1/nothing']) {
      const answer = await to.get(path);
      expect([path, lacking(answer.headers)]).toEqual([path, []]);
      expect(answer.headers['strict-transport-security']).toBeUndefined();
      expect(answer.headers['x-request-id']).toMatch(/^[\w-]{16,}$/);
    }
    expect(lacking((await to.call('HEAD', '/hello')).headers)).toEqual([]);
    expect(lacking((await app.inject('/hello')).headers as never)).toEqual([]);
  });

  it('leaves a field to the answer that names it, once', async () => {
    const app = plainApp();
    await app.register(securityHeaders, { settings: await existingSettings() });
    app.get('/page', async (_request, reply) =>
      reply
        .headers({ 'Content-Security-Policy': "default-src 'self'", 'cache-control': 'max-age=60' })
        .send('page'),
    );
    const { headers } = await (await listen(app)).get('/page');
    expect(headers['content-security-policy']).toBe("default-src 'self'");
    expect(headers['cache-control']).toBe('max-age=60');
    expect(headers['x-frame-options']).toBe('DENY');
  });

  it('is switched off by its setting, and believes https of a declared proxy alone', async () => {
    const off = plainApp();
    await off.register(securityHeaders, {
      settings: await existingSettings({ SECURITY_ENABLE_SECURITY_HEADERS: 'false' }),
    });
    expect(noSecurityHeaders((await (await listen(off)).get('/hello')).headers)).toEqual([]);
    const forged = { headers: { 'x-forwarded-proto': 'https' } };
    for (const [env, hsts] of [
      [{}, undefined],
      [{ TRUSTED_PROXIES: '127.0.0.1' }, 'max-age=31536000; includeSubDomains'],
    ] as const) {
      const app = plainApp();
      await app.register(securityHeaders, { settings: await existingSettings(env) });
      const answer = await (await listen(app)).get('/hello', forged);
      expect(answer.headers['strict-transport-security']).toBe(hsts);
    }
  });

  it("answers with the application's own request id, and never with a counter or a client's word", async () => {
    const app = existingApp({ genReqId: () => '01890a5d-ac96-774b-bcce-b302099a8057' });
    app.get('/hello', async () => 'x');
    await app.register(securityHeaders, { settings: await existingSettings() });
    expect((await (await listen(app)).get('/hello')).headers['x-request-id']).toBe(
      '01890a5d-ac96-774b-bcce-b302099a8057',
    );
    const forged = existingApp({ requestIdHeader: 'x-request-id' });
    forged.get('/hello', async (request) => request.id);
    await forged.register(securityHeaders, { settings: await existingSettings() });
    const answer = await (await listen(forged)).get('/hello', {
      headers: { 'x-request-id': 'a b;c=<evil>' },
    });
    expect(answer.headers['x-request-id']).toMatch(/^[\w-]{36}$/);
  });
});

describe('trustedHosts alone', () => {
  const hosts = { ALLOWED_HOSTS: '127.0.0.1,api.example.org' };

  it('refuses a foreign host in the words and shape of Fastify, and lets the exception pass', async () => {
    const app = plainApp();
    await app.register(trustedHosts, { settings: await existingSettings(hosts), except: ['/health'] });
    const { port } = await listen(app);
    const as = (host: string, path = '/hello') => askRaw(port, requestBytes('GET', path, [`Host: ${host}`]));
    expect((await as('api.example.org')).status).toBe(200);
    const refused = await as('evil.example');
    expect([refused.status, refused.json]).toEqual([
      400,
      { statusCode: 400, code: 'invalid_host', error: 'Bad Request', message: 'Invalid host header' },
    ]);
    expect((await as('evil.example', '/nothing')).status).toBe(400);
    expect((await as('10.0.0.7', '/health')).status).toBe(200);
  });

  it('knows two hosts, a malformed one, and every spelling that hopes to be the exception', async () => {
    const app = plainApp();
    app.get('/files/*', async () => 'file');
    await app.register(trustedHosts, { settings: await existingSettings(hosts), except: ['/health'] });
    const { port } = await listen(app);
    const status = async (path: string, ...lines: string[]) =>
      (await askRaw(port, requestBytes('GET', path, lines))).status;
    expect(await status('/hello', 'Host: 127.0.0.1', 'Host: evil.example')).toBe(400);
    expect(await status('/hello', 'Host: 127.0.0.1 evil')).toBe(400);
    for (const path of [
      '/hello?/health',
      '/health/../hello',
      '/files/health',
      '/files/..%2fhealth',
      '//health',
    ])
      expect([path, await status(path, 'Host: evil.example')]).toEqual([path, 400]);
  });

  it('refuses the start for an exception that names no route, and for what is no list of paths', async () => {
    const settings = await existingSettings();
    const app = plainApp();
    await app.register(trustedHosts, { settings, except: ['/helth'] });
    await expect(app.ready()).rejects.toThrow(
      'trustedHosts: except names /helth, and there is no such route',
    );
    for (const except of ['/health', ['health'], [7]])
      await expect(
        plainApp().register(trustedHosts, { settings, except: except as string[] }),
      ).rejects.toThrow(/trustedHosts: except is a list of paths/);
  });
});

describe('requireHttps alone', () => {
  const https = {
    SECURITY_REQUIRE_HTTPS: 'true',
    TRUSTED_PROXIES: '127.0.0.1',
    PUBLIC_URL: 'https://api.example.org',
  };

  it('sends pages on, refuses calls, and lets https and the exception pass', async () => {
    const app = plainApp();
    await app.register(requireHttps, { settings: await existingSettings(https), except: ['/health'] });
    const to = await listen(app);
    const page = await to.get('/hello?a=1', { headers: { accept: 'text/html', host: 'api.example.org' } });
    expect([page.status, page.headers.location]).toEqual([308, 'https://api.example.org/hello?a=1']);
    const call = await to.get('/hello');
    expect([call.status, call.json.code]).toEqual([403, 'https_required']);
    expect((await to.get('/health')).status).toBe(200);
    expect((await to.get('/hello', { headers: { 'x-forwarded-proto': 'https' } })).status).toBe(200);
  });

  it('believes nobody who is no declared proxy, and never sends a credential on', async () => {
    const app = existingApp({ trustProxy: true });
    app.get('/hello', async () => 'x');
    await app.register(requireHttps, { settings: await existingSettings({ ...https, TRUSTED_PROXIES: '' }) });
    const to = await listen(app);
    const forged = await to.get('/hello', { headers: { 'x-forwarded-proto': 'https' } });
    expect(forged.status).toBe(403);
    const secret = await to.get('/hello', { token: 'secret', headers: { accept: 'text/html' } });
    expect([secret.status, secret.headers.location]).toEqual([403, undefined]);
  });
});

describe('cors alone', () => {
  const origin = 'https://app.example.org';
  const origins = { SECURITY_CORS_ORIGINS: origin };

  it('answers a preflight, of an unknown path too, and marks an answer, an error and a 404', async () => {
    const app = plainApp();
    app.put('/things/:id', async () => 'x');
    app.get('/fault', async () => {
      throw new Error('broken');
    });
    await app.register(cors, {
      settings: await existingSettings(origins),
      allowedHeaders: ['X-Tenant'],
      exposedHeaders: ['X-Total'],
    });
    const to = await listen(app);
    for (const path of ['/things/1', '/nothing']) {
      const answer = await to.call('OPTIONS', path, {
        headers: { origin, 'access-control-request-method': 'PUT' },
      });
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([204, origin]);
      expect(answer.headers['access-control-allow-headers']).toMatch(/^Authorization, .*, X-Tenant$/);
    }
    for (const path of ['/hello', '/fault', '/nothing']) {
      const { headers } = await to.get(path, { headers: { origin } });
      expect(headers['access-control-allow-origin']).toBe(origin);
      expect(headers['access-control-expose-headers']).toMatch(/, X-Total$/);
      expect(headers.vary).toBe('Origin');
    }
  });

  it("permits no other origin, and keeps Vary beside an answer's own", async () => {
    const app = plainApp();
    app.get('/packed', async (_request, reply) => reply.header('vary', 'Accept-Encoding').send('x'));
    app.get('/both', async (_request, reply) => reply.header('vary', 'accept, ORIGIN').send('x'));
    await app.register(cors, { settings: await existingSettings(origins) });
    const to = await listen(app);
    for (const evil of ['https://evil.example', 'null', `${origin}.evil.example`, `${origin}/`]) {
      const ask = { headers: { origin: evil, 'access-control-request-method': 'PUT' } };
      for (const answer of [await to.get('/hello', ask), await to.call('OPTIONS', '/hello', ask)]) {
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
        expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
        expect(answer.headers.vary).toBe('Origin');
      }
    }
    expect((await to.get('/packed')).headers.vary).toBe('Accept-Encoding, Origin');
    expect((await to.get('/both')).headers.vary).toBe('accept, ORIGIN');
  });

  it('refuses what is no header name', async () => {
    const settings = await existingSettings();
    for (const allowedHeaders of [['*'], ['X-A, X-B'], ['X\r\nSet-Cookie: a'], 'X-A'])
      await expect(
        plainApp().register(cors, { settings, allowedHeaders: allowedHeaders as string[] }),
      ).rejects.toThrow(/cors: allowedHeaders is a list of header names/);
  });
});
