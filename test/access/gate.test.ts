import Fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRoutes } from '../../src/access/create-routes.js';
import { currentUser as oursUser } from '../../src/access/current-user.js';
import { dependency, guard } from '../../src/access/dependency.js';
import { routesTable } from '../../src/access/gate.js';
import { query } from '../../src/access/inputs.js';
import { requireRole as oursAdmin } from '../../src/access/require-role.js';
import { Refusal } from '../../src/base/errors.js';
import { as, currentUser, requireRole, routesOptions, testApp } from './app.js';

const Message = z.object({ message: z.string() });
const open = { config: { access: 'public' as const } };

describe('the table', () => {
  it('says what a guard of one’s own stands on, and of ours the name alone', () => {
    const { routes } = testApp();
    const own = dependency('own', { user: oursUser, page: query(z.object({})) }, () => 1);
    const deeper = dependency('deeper', { own, admin: oursAdmin('admin') }, () => 1);
    const signature = guard('signature', {}, () => 1);
    const response = { 200: Message };
    const answer = () => ({ message: '' });
    routes.get('/own', { needs: { own }, response }, answer);
    routes.get('/deeper', { needs: { deeper, signature }, response }, answer);
    routes.get('/ours', { needs: { user: oursUser }, response }, answer);
    const rows = routes.table().filter(({ method }) => method === 'GET');
    expect(rows.map(({ access }) => access)).toEqual([
      ['own < currentUser'],
      ['deeper < (own < currentUser + requireRole(admin))', 'signature'],
      ['currentUser'],
    ]);
  });
});

describe('the gate', () => {
  it.each<[string, (fastify: FastifyInstance) => unknown]>([
    ['get()', (fastify) => fastify.get('/raw', async () => 'x')],
    [
      'route()',
      (fastify) => fastify.route({ method: ['GET', 'POST'], url: '/raw', handler: async () => 'x' }),
    ],
    ['all()', (fastify) => fastify.all('/raw', async () => 'x')],
    ['HEAD', (fastify) => fastify.head('/raw', async () => '')],
    ['OPTIONS', (fastify) => fastify.options('/raw', async () => '')],
    [
      'a plugin with a prefix',
      (fastify) =>
        fastify.register(
          async (scope) => {
            scope.get('/raw', async () => 'x');
          },
          { prefix: '/p' },
        ),
    ],
    [
      'a plugin in a plugin',
      (fastify) =>
        fastify.register(async (scope) => {
          scope.register(async (deep) => {
            deep.get('/raw', async () => 'x');
          });
        }),
    ],
    [
      'a forged list of guards',
      (fastify) => fastify.get('/raw', { config: { access: ['currentUser'] } }, async () => 'x'),
    ],
    [
      'a forged guard',
      (fastify) =>
        fastify.get(
          '/raw',
          { config: { needs: { u: { name: 'u', guards: true } as never } } },
          async () => 'x',
        ),
    ],
    [
      'needs without a guard',
      (fastify) =>
        fastify.get('/raw', { config: { needs: { a: dependency('a', {}, () => 1) } } }, async () => 'x'),
    ],
    [
      'a copy of a checked configuration',
      (fastify) =>
        fastify.get('/raw', { config: { ...open.config, access: 'pubic' as 'public' } }, async () => 'x'),
    ],
    [
      'a guard that needs an input',
      (fastify) =>
        fastify.get(
          '/raw',
          { config: { needs: { g: guard('g', { q: query(z.object({})) }, () => 1) } } },
          async () => 'x',
        ),
    ],
  ])('refuses to boot a raw route by %s', async (_name, register) => {
    const { fastify } = testApp();
    await expect(
      (async () => {
        await register(fastify);
        await fastify.ready();
      })(),
    ).rejects.toThrow(/raw|dependency/);
  });

  it('names the route and the mend', () => {
    const { fastify } = testApp();
    expect(() => fastify.get('/raw', async () => 'x')).toThrow(
      /GET \/raw: a raw Fastify route says config: \{ access: 'public' \}/,
    );
  });

  it('guards raw routes, their HEAD twins and both ends of a prefix', async () => {
    const { fastify } = testApp();
    fastify.get('/raw', { config: { needs: { admin: requireRole('admin') } } }, async () => 'in');
    fastify.register(
      async (scope) => {
        scope.get('/', { config: { needs: { user: currentUser } } }, async () => 'in');
      },
      { prefix: '/p' },
    );
    for (const url of ['/p', '/p/', '/raw']) {
      expect((await fastify.inject({ url })).statusCode).toBe(401);
      expect((await fastify.inject({ url, method: 'HEAD' })).statusCode).toBe(401);
      expect((await fastify.inject({ url, headers: as('admin') })).body).toBe('in');
    }
    expect((await fastify.inject({ url: '/raw', headers: as('user') })).statusCode).toBe(403);
  });

  it('gives the handler of a raw route and of a plugin what their guards let pass', async () => {
    const { fastify, routes, faults } = testApp();
    const admin = requireRole('admin');
    fastify.get('/raw', { config: { needs: { admin } } }, async (request) => admin.of(request).email);
    const plugin = async (scope: FastifyInstance) => {
      scope.get('/a', async (request) => currentUser.of(request).role);
      scope.get('/b', async (request) => admin.of(request).role);
    };
    routes.register(plugin, { prefix: '/p' }, { needs: { currentUser } });
    expect((await fastify.inject({ url: '/raw', headers: as('admin') })).body).toBe('a@b.co');
    expect((await fastify.inject({ url: '/p/a', headers: as('user') })).body).toBe('user');
    expect((await fastify.inject({ url: '/p/b', headers: as('admin') })).statusCode).toBe(500);
    expect(String(faults[0])).toMatch('requireRole(admin).of(request): it did not judge this request');
  });

  it('covers a plugin, its hooks and what it registers itself', async () => {
    const { fastify, routes } = testApp();
    let ran = 0;
    const plugin = async (scope: FastifyInstance) => {
      scope.addHook('onRequest', async () => {
        ran += 1;
      });
      scope.get('/a', async () => 'in');
      scope.register(
        async (deep) => {
          deep.get('/b', async () => 'in');
        },
        { prefix: '/deep' },
      );
    };
    routes.register(plugin, { prefix: '/p' }, { needs: { admin: requireRole('admin') } });
    routes.register(
      async (scope) => {
        scope.get('/open', async () => 'in');
      },
      {},
      { access: 'public' },
    );
    for (const url of ['/p/a', '/p/deep/b']) {
      expect((await fastify.inject(url)).statusCode).toBe(401);
      expect((await fastify.inject({ url, headers: as('user') })).statusCode).toBe(403);
    }
    expect(ran).toBe(0);
    expect((await fastify.inject({ url: '/p/deep/b', headers: as('admin') })).body).toBe('in');
    expect((await fastify.inject('/open')).body).toBe('in');
  });

  it.each([
    ['nothing', undefined],
    ['neither', {}],
    ['both', { access: 'public', needs: { currentUser } }],
    ['a typo', { access: 'pubic' }],
    ['no guard', { needs: { a: dependency('a', {}, () => 1) } }],
  ])('refuses a plugin with %s', (_name, cover) => {
    const { routes } = testApp();
    expect(() => routes.register(async () => {}, {}, cover as never)).toThrow(/the plugin/);
  });

  it('refuses a route that opens itself within a guarded plugin', async () => {
    const { fastify, routes } = testApp();
    routes.register(
      async (scope) => {
        scope.get('/a', open, async () => 'x');
      },
      {},
      { needs: { currentUser } },
    );
    await expect(fastify.ready()).rejects.toThrow(/its plugin is registered with needs/);
  });

  it('refuses an instance that has routes already, and a second gate', () => {
    const used = Fastify();
    used.get('/early', async () => 'x');
    expect(() => createRoutes(used, routesOptions)).toThrow(/would escape the gate/);
    const { fastify } = testApp();
    expect(() => createRoutes(fastify, routesOptions)).toThrow(/already has its gate/);
  });

  it('tables every route with its access', async () => {
    const { fastify, routes } = testApp();
    routes.get(
      '/a/:id',
      {
        needs: { admin: requireRole('admin') },
        params: z.object({ id: z.string() }),
        response: { 200: Message },
      },
      () => ({ message: '' }),
    );
    routes.post('/open', { access: 'public', response: { 200: Message } }, () => ({ message: '' }));
    fastify.options('/raw', open, async () => '');
    routes.register(
      async (scope) => {
        scope.get('/in', async () => 'x');
      },
      { prefix: '/p' },
      { needs: { currentUser } },
    );
    await fastify.ready();
    expect(routesTable(fastify).map((row) => `${row.method} ${row.path} ${row.access}`)).toEqual([
      'GET /a/:id requireRole(admin) (own) < currentUser (own)',
      'HEAD /a/:id requireRole(admin) (own) < currentUser (own)',
      'POST /open public',
      'OPTIONS /raw public',
      'GET /p/in currentUser (own)',
      'HEAD /p/in currentUser (own)',
    ]);
  });

  it('an override guards as what it stands for, is refused late, in production and for what is no dependency', async () => {
    const { fastify, routes } = testApp();
    routes.get('/x', { needs: { admin: requireRole('admin') }, response: { 200: Message } }, ({ admin }) => ({
      message: admin.email,
    }));
    let made = 0;
    routes.override(currentUser, async () => {
      made += 1;
      return { email: 'alice', role: 'user' };
    });
    expect((await fastify.inject('/x')).statusCode).toBe(403);
    expect(made).toBe(1);
    expect(() => routes.override(currentUser, () => ({ email: 'b', role: 'admin' }))).toThrow(
      /is ready already/,
    );
    expect(() =>
      testApp({ production: true }).routes.override(currentUser, () => ({ email: 'b', role: 'admin' })),
    ).toThrow(/work in development alone/);
    expect(() => testApp().routes.override({ name: 'x', guards: true } as never, () => 1)).toThrow(
      /no dependency/,
    );
  });

  it('an override of an own guard with inputs resolves before the body', async () => {
    const { fastify, routes } = testApp();
    const signed = guard('signed', { q: query(z.object({ sig: z.string() })) }, () => 'real');
    routes.post('/x', { needs: { signed }, body: z.object({}), response: { 200: Message } }, (given) => ({
      message: given.signed,
    }));
    routes.override(signed, () => {
      throw new Refusal('invalid_credentials');
    });
    expect(
      (
        await fastify.inject({
          method: 'POST',
          url: '/x',
          payload: '{',
          headers: { 'content-type': 'application/json' },
        })
      ).statusCode,
    ).toBe(401);
  });
});
