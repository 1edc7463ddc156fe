import { expect, it } from 'vitest';
import { noSecurityHeaders, securityHeaders } from '../support/security-headers.js';
import { type Answer, describeEachServer } from '../support/wire.js';

describeEachServer('seed: SecurityHeadersMiddleware', { env: { TRUSTED_PROXIES: '127.0.0.1/32' } }, (get) => {
  it("sets the seed's headers on every answer, and HSTS on https only", async () => {
    for (const path of ['/healthz', '/users/me', '/nowhere', '/%ff', '/docs']) {
      const plain = await get().call('GET', path);
      expect(securityHeaders(plain.headers, { docs: path === '/docs' })).toEqual([]);
      expect(plain.headers['strict-transport-security']).toBeUndefined();
      const secure = await get().call('GET', path, { headers: { 'x-forwarded-proto': 'https' } });
      expect(secure.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
    }
  });

  it('does not tell what it is made of', async () => {
    const { headers } = await get().call('GET', '/nowhere');
    expect([headers['server'], headers['x-powered-by']]).toEqual([undefined, undefined]);
  });
});

describeEachServer('seed: HSTS is not for who is not believed', {}, (get) => {
  it('an undeclared proxy cannot speak for https', async () => {
    const answer = await get().call('GET', '/healthz', { headers: { 'x-forwarded-proto': 'https' } });
    expect(answer.headers['strict-transport-security']).toBeUndefined();
  });
});

describeEachServer(
  'seed: hsts_max_age and enable_security_headers are settings',
  { env: { SECURITY_ENABLE_SECURITY_HEADERS: 'off', TRUSTED_PROXIES: '127.0.0.1/32' } },
  (get) => {
    it('switched off, only no-store and Vary stay', async () => {
      const answer = await get().call('GET', '/users/me', { headers: { 'x-forwarded-proto': 'https' } });
      expect(noSecurityHeaders(answer.headers)).toEqual([]);
      expect([answer.headers['cache-control'], answer.headers['vary']]).toEqual(['no-store', 'Origin']);
    });
  },
);

const production = {
  ENVIRONMENT: 'staging',
  DEBUG: 'false',
  SECURITY_BCRYPT_ROUNDS: '12',
  ALLOWED_HOSTS: 'api.example.org,*.apps.example.org',
  PUBLIC_URL: 'https://api.example.org',
  SECURITY_CORS_ORIGINS: 'https://myapp.com,https://admin.myapp.com',
};

describeEachServer('seed: TrustedHostMiddleware', { env: production }, (get) => {
  const ask = (host: string) => get().call('GET', '/users/me', { headers: { host } });
  it('takes the hosts of ALLOWED_HOSTS whatever their case and port', async () => {
    for (const host of ['api.example.org', 'API.example.org', 'api.example.org:8443', 'a.apps.example.org'])
      expect([host, (await ask(host)).status]).toEqual([host, 401]);
  });
  it('refuses others: 400 "Invalid host header"', async () => {
    const hosts = [
      'evil.example',
      'apps.example.org',
      'api.example.org.evil.example',
      '127.0.0.1',
      'x@api.example.org',
    ];
    for (const host of hosts) {
      const answer = await ask(host);
      expect([host, answer.status, answer.json.detail]).toEqual([host, 400, 'Invalid host header']);
    }
  });
  it('health is answered by any name: whoever watches the process calls it by its address', async () => {
    expect((await get().call('GET', '/healthz', { headers: { host: '10.0.0.7:8000' } })).status).toBe(200);
  });
});

describeEachServer('seed: CORSMiddleware with explicit origins', { env: production }, (get) => {
  const host = 'api.example.org';
  const preflight = (origin: string) =>
    get().call('OPTIONS', '/users/me', {
      headers: {
        host,
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization',
      },
    });
  const given = ({ headers }: Answer) =>
    Object.keys(headers).filter((name) => name.startsWith('access-control-'));

  it('answers a preflight of a listed origin with the lists, for 10 minutes', async () => {
    for (const origin of ['https://myapp.com', 'https://admin.myapp.com']) {
      const { status, headers } = await preflight(origin);
      expect(status).toBe(204);
      expect(headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
        'access-control-allow-headers': 'Authorization, Content-Type, X-API-Key, X-Request-ID',
        'access-control-max-age': '600',
        vary: 'Origin',
      });
    }
  });

  it('gives any other origin nothing', async () => {
    const others = [
      'null',
      'https://myapp.com.evil.example',
      'http://myapp.com',
      'https://sub.myapp.com',
      'https://MYAPP.com',
      'http://localhost:3000',
      '*',
    ];
    for (const origin of others) {
      expect([origin, given(await preflight(origin))]).toEqual([origin, []]);
      const simple = await get().call('GET', '/users/me', { headers: { host, origin } });
      expect([origin, simple.status, given(simple)]).toEqual([origin, 401, []]);
      expect(simple.headers['vary']).toBe('Origin');
    }
  });

  it('a listed origin may read refusals too, and the fields that they carry', async () => {
    const answer = await get().call('GET', '/users/me', { headers: { host, origin: 'https://myapp.com' } });
    expect(answer.status).toBe(401);
    expect(answer.headers['access-control-allow-origin']).toBe('https://myapp.com');
    expect(answer.headers['access-control-expose-headers']).toBe(
      'X-Request-ID, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate',
    );
  });
});

describeEachServer('seed: development adds http://localhost:3000', {}, (get) => {
  it('and nothing else', async () => {
    const origins = ['http://localhost:3000', 'http://localhost:3001'];
    const allowed = [];
    for (const origin of origins)
      allowed.push(
        (await get().call('GET', '/healthz', { headers: { origin } })).headers['access-control-allow-origin'],
      );
    expect(allowed).toEqual(['http://localhost:3000', undefined]);
  });
});

const docsPaths = [
  '/docs',
  '/docs/',
  '/docs/start.js',
  '/docs/swagger-ui.css',
  '/docs/x',
  '/redoc',
  '/openapi.json',
];

describeEachServer('seed: docs_url=None unless debug', { env: { DEBUG: 'false' } }, (get) => {
  it('answers 404 like any path that is none', async () => {
    const nothing = await get().call('GET', '/nowhere');
    for (const path of docsPaths) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const answer = await get().call(method, path);
        expect([path, answer.status, answer.json.detail]).toEqual([path, 404, 'Not Found']);
        expect(Object.keys(answer.headers)).toEqual(
          expect.arrayContaining(Object.keys(nothing.headers).slice(0, 5)),
        );
      }
    }
  });
});

describeEachServer('seed: docs under debug', { env: { DEBUG: 'true' } }, (get) => {
  it('shows the page, its document and leads /redoc there; nothing foreign is loaded', async () => {
    const page = await get().call('GET', '/docs');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url);
    expect(loaded.length).toBeGreaterThan(3);
    for (const url of loaded) {
      expect(url).toMatch(/^\/(?!\/)/);
      expect((await get().call('GET', String(url))).status).toBe(200);
    }
    expect(page.text).not.toMatch(/<script>|onload=/);
    expect((await get().call('GET', '/openapi.json')).json.openapi).toBe('3.1.0');
    const redoc = await get().call('GET', '/redoc');
    expect([redoc.status, redoc.headers['location']]).toEqual([302, '/docs']);
  });
});
