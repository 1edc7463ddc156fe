import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dependency, fromRequest, guard } from '../../src/access/dependency.js';
import { headers, params, query } from '../../src/access/inputs.js';
import { Refusal } from '../../src/base/errors.js';
import { as, currentUser, optionalUser, requireRole, testApp } from './app.js';

const Message = z.object({ message: z.string() });

describe('the order of one request', () => {
  it('hands the handler exactly what the route declares', async () => {
    const { fastify, routes } = testApp();
    const seen: unknown[] = [];
    routes.put(
      '/things/:id',
      {
        needs: { admin: requireRole('admin') },
        params: z.object({ id: z.string() }),
        query: z.object({ n: z.coerce.number().default(1) }),
        headers: z.object({ 'x-a': z.string().optional() }),
        body: z.strictObject({ name: z.string() }),
        response: { 200: Message },
      },
      async (given) => {
        seen.push(given);
        return { message: given.body.name };
      },
    );
    const answer = await fastify.inject({
      method: 'PUT',
      url: '/things/7',
      headers: as('admin'),
      payload: { name: 'x' },
    });
    expect([answer.statusCode, answer.json()]).toEqual([200, { message: 'x' }]);
    expect(seen).toEqual([
      {
        admin: { email: 'a@b.co', role: 'admin' },
        params: { id: '7' },
        query: { n: 1 },
        headers: {},
        body: { name: 'x' },
      },
    ]);
  });

  it('lets guards judge before the body is read, and refuses a stranger with broken JSON by 401', async () => {
    const { fastify, routes } = testApp();
    let parsed = 0;
    fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
      parsed += 1;
      done(null, JSON.parse(body as string));
    });
    routes.post(
      '/x',
      { needs: { u: currentUser }, body: z.object({ a: z.number() }), response: { 200: Message } },
      () => ({ message: '' }),
    );
    const send = (headers: Record<string, string>, payload: string) =>
      fastify.inject({
        method: 'POST',
        url: '/x',
        headers: { 'content-type': 'application/json', ...headers },
        payload,
      });
    expect((await send({}, '{"a":')).statusCode).toBe(401);
    expect(parsed).toBe(0);
    expect((await send(as('user'), '{"a":"no"}')).statusCode).toBe(422);
    expect(parsed).toBe(1);
  });

  it('refuses a body of an undeclared media type by 415 before it is read', async () => {
    const { fastify, routes } = testApp();
    fastify.addContentTypeParser('application/x-www-form-urlencoded', (_request, _body, done) =>
      done(null, { a: '1' }),
    );
    routes.post(
      '/x',
      { access: 'public', body: z.object({ a: z.any() }), response: { 200: Message } },
      () => ({ message: '' }),
    );
    const send = (type: string, payload: string) =>
      fastify.inject({ method: 'POST', url: '/x', headers: { 'content-type': type }, payload });
    expect((await send('application/x-www-form-urlencoded', 'a=1')).statusCode).toBe(415);
    expect((await send('Application/JSON; charset=utf-8', '{"a":1}')).statusCode).toBe(200);
  });

  it('runs guards in the order written, those deep inside another need too, and inputs after them', async () => {
    const { fastify, routes } = testApp();
    const log: string[] = [];
    const first = guard('first', {}, () => {
      log.push('first');
      return 1;
    });
    const second = guard('second', {}, async () => {
      await turn();
      log.push('second');
      return 2;
    });
    const path = params(
      z.object({
        id: z.string().transform((id) => {
          log.push('params');
          return id;
        }),
      }),
    );
    const own = dependency('own', { path, second }, ({ path: { id } }) => {
      log.push('own');
      return id;
    });
    const plain = dependency('plain', {}, () => {
      log.push('plain');
      return 0;
    });
    routes.get('/x/:id', { needs: { plain, own, first }, response: { 200: z.array(z.any()) } }, (given) => [
      given.own,
      given.first,
    ]);
    expect((await fastify.inject('/x/a')).json()).toEqual(['a', 1]);
    expect(log).toEqual(['second', 'first', 'params', 'plain', 'own']);
  });

  it('tells all that is wrong in path, query, header and body in one list', async () => {
    const { fastify, routes } = testApp();
    routes.post(
      '/x/:id',
      {
        access: 'public',
        params: z.object({ id: z.uuid() }),
        query: z.object({ n: z.coerce.number() }),
        headers: z.object({ 'x-a': z.string() }),
        body: z.strictObject({ name: z.string() }),
        response: { 200: Message },
      },
      () => ({ message: '' }),
    );
    const answer = await fastify.inject({
      method: 'POST',
      url: '/x/1?n=z',
      payload: { naem: 'secret-value' },
    });
    expect(answer.statusCode).toBe(422);
    const locs = answer.json().detail.map((issue: { loc: unknown[] }) => issue.loc.join('.'));
    expect(locs).toEqual(['path.id', 'query.n', 'header.x-a', 'body.name', 'body.naem']);
    expect(answer.body).not.toContain('secret-value');
  });

  it('merges the inputs of dependencies with the route’s own, strict ones too', async () => {
    const { fastify, routes } = testApp();
    const page = dependency(
      'page',
      { q: query(z.strictObject({ limit: z.coerce.number() })) },
      ({ q }) => q.limit,
    );
    const agent = dependency('agent', { h: headers(z.object({ 'x-a': z.string() })) }, ({ h }) => h['x-a']);
    routes.get(
      '/x',
      {
        access: 'public',
        needs: { page, agent },
        query: z.strictObject({ search: z.string() }),
        response: { 200: z.array(z.any()) },
      },
      ({ page: limit, query: { search }, agent: sent }) => [limit, search, sent],
    );
    expect((await fastify.inject({ url: '/x?limit=3&search=s', headers: { 'x-a': 'y' } })).json()).toEqual([
      3,
      's',
      'y',
    ]);
    expect(
      (await fastify.inject({ url: '/x?limit=3&search=s&z=1', headers: { 'x-a': 'y' } })).statusCode,
    ).toBe(422);
    expect((await fastify.inject({ url: '/x?limit=3', headers: { 'x-a': 'y' } })).json().detail).toHaveLength(
      1,
    );
  });

  it('resolves a dependency at most once a request, factories too', async () => {
    const { fastify, routes } = testApp();
    let made = 0;
    const counted = dependency('counted', {}, async () => {
      made += 1;
      return made;
    });
    const one = dependency('one', { counted }, (given) => given.counted);
    const two = dependency('two', { counted, one }, (given) => given.counted);
    routes.get(
      '/x',
      { access: 'public', needs: { one, two, counted }, response: { 200: z.array(z.number()) } },
      (given) => [given.one, given.two],
    );
    expect(requireRole('admin')).toBe(requireRole('admin'));
    expect((await fastify.inject('/x')).json()).toEqual([1, 1]);
    expect((await fastify.inject('/x')).json()).toEqual([2, 2]);
  });

  it('resolves the other needs in parallel and tells the first failure in the order written', async () => {
    const { fastify, routes } = testApp();
    const log: string[] = [];
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = dependency('slow', {}, async () => {
      log.push('slow');
      await gate;
      throw new Refusal('not_found');
    });
    const quick = dependency('quick', {}, async () => {
      log.push('quick');
      release();
      throw new Refusal('wrong_password');
    });
    routes.get('/x', { access: 'public', needs: { slow, quick }, response: { 200: Message } }, () => ({
      message: '',
    }));
    expect((await fastify.inject('/x')).statusCode).toBe(404);
    expect(log).toEqual(['slow', 'quick']);
  });

  it('begins nothing else when a guard refuses', async () => {
    const { fastify, routes } = testApp();
    let begun = 0;
    const store = dependency('store', {}, () => {
      begun += 1;
    });
    routes.get('/x', { needs: { store, admin: requireRole('admin') }, response: { 200: Message } }, () => ({
      message: '',
    }));
    expect((await fastify.inject({ url: '/x', headers: as('user') })).statusCode).toBe(403);
    expect((await fastify.inject({ url: '/x' })).statusCode).toBe(401);
    expect(begun).toBe(0);
  });

  it('runs an own guard that needs an input after validation and before the other needs', async () => {
    const { fastify, routes } = testApp();
    let begun = 0;
    const signed = guard('signed', { q: query(z.object({ sig: z.string() })) }, async ({ q }) => {
      if (q.sig !== 'good') throw new Refusal('invalid_credentials');
    });
    const store = dependency('store', {}, () => {
      begun += 1;
    });
    routes.get('/x', { needs: { store, signed }, response: { 200: Message } }, () => ({ message: 'in' }));
    expect((await fastify.inject('/x')).statusCode).toBe(422);
    expect((await fastify.inject('/x?sig=bad')).statusCode).toBe(401);
    expect(begun).toBe(0);
    expect((await fastify.inject('/x?sig=good')).json()).toEqual({ message: 'in' });
  });

  it('optionalUser gives null without a credential and refuses a bad one before the body is read', async () => {
    const { fastify, routes } = testApp();
    const message = (role: string | undefined) => ({ message: role ?? 'nobody' });
    routes.get(
      '/x',
      { access: 'public', needs: { user: optionalUser }, response: { 200: Message } },
      ({ user }) => message(user?.role),
    );
    routes.post(
      '/x',
      { access: 'public', needs: { user: optionalUser }, body: z.object({}), response: { 200: Message } },
      ({ user }) => message(user?.role),
    );
    routes.get('/open', { access: 'public', response: { 200: Message } }, () => message(undefined));
    expect((await fastify.inject('/x')).json()).toEqual({ message: 'nobody' });
    expect((await fastify.inject({ url: '/x', headers: as('user') })).json()).toEqual({ message: 'user' });
    expect((await fastify.inject({ url: '/x', headers: as('forged') })).statusCode).toBe(401);
    expect((await fastify.inject({ url: '/open', headers: as('forged') })).statusCode).toBe(200);
    const bad = await fastify.inject({
      method: 'POST',
      url: '/x',
      headers: { ...as('forged'), 'content-type': 'application/json' },
      payload: '{',
    });
    expect(bad.statusCode).toBe(401);
  });

  it('resolves what says beforeBody with the guards', async () => {
    const { fastify, routes } = testApp();
    const limit = fromRequest(
      'limit',
      () => {
        throw new Refusal('too_many_requests');
      },
      { beforeBody: true },
    );
    routes.post(
      '/x',
      { access: 'public', needs: { limit }, body: z.object({ a: z.string() }), response: { 200: Message } },
      () => ({ message: '' }),
    );
    expect((await fastify.inject({ method: 'POST', url: '/x', payload: {} })).statusCode).toBe(429);
  });

  it('a need that returns the reply is told, and does not hang', async () => {
    const { fastify, routes, faults } = testApp();
    const reply = fromRequest('reply', (_request, given) => given as unknown);
    routes.get('/x', { access: 'public', needs: { reply }, response: { 200: Message } }, () => ({
      message: '',
    }));
    expect((await fastify.inject('/x')).statusCode).toBe(500);
    expect(String(faults[0])).toContain('returns the reply');
  });

  it('an asynchronous schema is told, and is no answer', async () => {
    const { fastify, routes, faults } = testApp();
    const later = z.object({ a: z.string().refine(async () => true) });
    routes.post('/x', { access: 'public', body: later, response: { 200: Message } }, () => ({ message: '' }));
    expect((await fastify.inject({ method: 'POST', url: '/x', payload: { a: 'b' } })).statusCode).toBe(500);
    expect(String(faults[0])).toContain('asynchronous');
  });
});
