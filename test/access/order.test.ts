import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dependency, guard } from '../../src/access/dependency.js';
import { headers, params, query } from '../../src/access/inputs.js';
import { as, currentUser, requireRole, testApp } from './app.js';

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
});
