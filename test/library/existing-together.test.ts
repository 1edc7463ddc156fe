import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import {
  accounts,
  type Control,
  cors,
  currentUser,
  docsGate,
  errorDoor,
  requestLimit,
  requireHttps,
  type Settings,
  secureServer,
  securityHeaders,
  trustedHosts,
} from '../../dist/index.js';
import { createTestApp } from '../../dist/testing/index.js';
import { existingApp, existingSettings, listen } from '../support/existing.js';
import { askRaw, requestBytes } from '../support/raw-socket.js';
import { securityHeaders as lacking } from '../support/security-headers.js';

const origin = 'https://app.example.org';
const env = {
  ALLOWED_HOSTS: '127.0.0.1',
  SECURITY_CORS_ORIGINS: origin,
  SECURITY_RATE_LIMIT_REQUESTS: '12',
};

type Registration = (app: FastifyInstance, settings: Settings) => PromiseLike<unknown>;

const all: readonly Registration[] = [
  (app, settings) => app.register(errorDoor, { settings }),
  (app, settings) => app.register(securityHeaders, { settings }),
  (app, settings) => app.register(trustedHosts, { settings }),
  (app, settings) => app.register(requireHttps, { settings }),
  (app, settings) => app.register(cors, { settings }),
  (app, settings) => app.register(requestLimit, { settings }),
  (app, settings) => app.register(docsGate, { settings, paths: ['/docs'] }),
  (app, settings) => app.register(accounts, { settings }),
];

async function together(registrations: readonly Registration[], options: object = {}) {
  const settings = await existingSettings(env);
  const app = existingApp({ ...secureServer(settings), ...options });
  for (const register of registrations) await register(app, settings);
  app.get('/hello', async () => ({ hello: 'world' }));
  app.get('/docs', async () => 'docs');
  app.get('/mine', { onRequest: currentUser.hook }, async (request) => currentUser.of(request).username);
  return { app, to: await listen(app), settings };
}

describe('all controls together', () => {
  it.each([
    ['as a request goes', all],
    ['backwards', [...all].reverse()],
    ['accounts first, the limit last', [...all.slice(6), ...all.slice(0, 6)]],
  ])('stand in one order, registered %s', async (_order, registrations) => {
    const { to } = await together(registrations);
    const foreign = await askRaw(
      to.port,
      requestBytes('GET', '/mine', ['Host: evil.example', `Origin: ${origin}`]),
    );
    expect([foreign.status, foreign.json.code]).toEqual([400, 'invalid_host']);
    // Refused before CORS, the credential and the limit, and after the headers.
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
    expect(foreign.headers['ratelimit']).toBeUndefined();
    expect(lacking(foreign.headers)).toEqual([]);

    const preflight = await to.call('OPTIONS', '/mine', {
      headers: { origin, 'access-control-request-method': 'GET' },
    });
    expect([preflight.status, preflight.headers['ratelimit']]).toEqual([204, undefined]);

    const refused = await to.get('/mine', { headers: { origin } });
    expect([refused.status, refused.json.code]).toEqual([401, 'not_authenticated']);
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    expect(refused.headers['access-control-allow-origin']).toBe(origin);
    expect(refused.headers['ratelimit']).toBe('"default";r=11;t=3600');

    const docs = await to.get('/docs');
    expect([docs.status, docs.json.code]).toEqual([404, 'not_found']);

    // A principal counts apart, and the token endpoint counts a stranger by itself, once.
    const token = await to.signUp('alice');
    const mine = await to.get('/mine', { token });
    expect([mine.status, mine.text, mine.headers['ratelimit']]).toEqual([
      200,
      'alice',
      '"principal";r=4999;t=3600',
    ]);
    expect((await to.get('/hello')).headers['ratelimit']).toBe('"default";r=7;t=3600');
    for (let left = 7; left > 0; left -= 1) expect((await to.get('/hello')).status).toBe(200);
    const limited = await to.get('/hello');
    expect([limited.status, lacking(limited.headers)]).toEqual([429, []]);
    // The endpoint asks the same counter.
    const strange = { username: 'alice', password: 'wrong' };
    expect((await to.call('POST', '/auth/token', { form: strange })).status).toBe(429);
    expect((await to.get('/mine', { token })).status).toBe(200);
  });

  it('give every answer one id, the same in header, body and request', async () => {
    const { to, app } = await together(all);
    expect(app.hasDecorator('sallyport')).toBe(true);
    for (const path of ['/mine', '/unknown', '/users', '/%zz']) {
      const { headers, json } = await to.get(path);
      expect(json.request_id).toBe(headers['x-request-id']);
    }
  });
});

describe('a control registered twice', () => {
  it('refuses the start, on the same instance and in a plugin below', async () => {
    const settings = await existingSettings();
    const app = existingApp();
    await app.register(cors, { settings });
    await expect(app.register(cors, { settings })).rejects.toThrow(
      'cors is registered twice for the same routes: on this instance, or on one around it. Keep one.',
    );
    const outer = existingApp();
    await outer.register(requestLimit, { settings });
    outer.register(async (scope) => {
      await scope.register(requestLimit, { settings });
    });
    await expect(outer.ready()).rejects.toThrow(/requestLimit is registered twice/);
  });

  it('is refused on an application that has all of them', async () => {
    const app = await createTestApp();
    await expect(app.fastify.register(cors, { settings: app.settings })).rejects.toThrow(
      /cors: an application that createSecureApp made has this control/,
    );
    await app.close();
  });

  it('is refused before a second store is opened', async () => {
    const settings = await existingSettings();
    const app = existingApp();
    await app.register(accounts, { settings });
    await expect(app.register(accounts, { settings })).rejects.toThrow(/accounts is registered twice/);
  });
});

describe('a control in a plugin', () => {
  it('covers that plugin alone, beside what covers everything', async () => {
    const settings = await existingSettings();
    const app = existingApp();
    await app.register(securityHeaders, { settings });
    app.get('/open', async () => 'open');
    app.register(
      async (scope) => {
        await scope.register(requestLimit, { settings });
        scope.get('/limited', async () => 'limited');
      },
      { prefix: '/v1' },
    );
    const to = await listen(app);
    const [open, limited] = [await to.get('/open'), await to.get('/v1/limited')];
    expect([open.headers['ratelimit'], limited.headers['ratelimit']]).toEqual([
      undefined,
      '"default";r=99;t=3600',
    ]);
    expect([lacking(open.headers), lacking(limited.headers)]).toEqual([[], []]);
  });
});

describe('what is refused at the start', () => {
  const start = async (register: (app: FastifyInstance, settings: Settings) => PromiseLike<unknown>) => {
    await register(existingApp(), await existingSettings());
  };

  it.each<[string, (app: FastifyInstance, settings: Settings) => PromiseLike<unknown>, RegExp]>([
    [
      'no settings',
      (app) => app.register(cors, {} as never),
      /cors: its settings are missing\. Give it those of loadSettings\(\)/,
    ],
    [
      'what loadSettings gave, whole',
      (app, settings) => app.register(cors as Control, { settings: { settings } } as never),
      /cors: its settings are missing/,
    ],
    [
      'a misspelt option',
      (app, settings) => app.register(trustedHosts, { settings, excpet: ['/x'] } as never),
      /trustedHosts: there is no option "excpet"; known are settings, except/,
    ],
    [
      'a prefix',
      (app, settings) => app.register(cors, { settings, prefix: '/id' } as never),
      /cors: it has no prefix/,
    ],
    [
      'an unknown group of routes',
      (app, settings) => app.register(accounts, { settings, routes: { docs: false } as never }),
      /accounts: routes\.docs is no group of its routes; known are account, tokens/,
    ],
    [
      'an error door after a route',
      (app, settings) => {
        app.get('/early', async () => 'x');
        return app.register(errorDoor, { settings });
      },
      /errorDoor: the application has routes already \(before every control\)/,
    ],
    [
      'an error door after another control and a route',
      async (app, settings) => {
        await app.register(cors, { settings });
        app.get('/early', async () => 'x');
        await app.register(errorDoor, { settings });
      },
      /errorDoor: the application has routes already \(GET \/early\)/,
    ],
    [
      'settings that differ in who is believed',
      async (app, settings) => {
        await app.register(cors, { settings });
        await app.register(trustedHosts, {
          settings: await existingSettings({ TRUSTED_PROXIES: '10.0.0.1' }),
        });
      },
      /trustedHosts: its settings name other TRUSTED_PROXIES/,
    ],
  ])('%s', async (_what, register, message) => {
    await expect(start(register)).rejects.toThrow(message);
  });
});
