import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { answer, media, raw } from '../../src/access/answer.js';
import { testApp } from './app.js';

const Message = z.object({ message: z.string() });
const Item = z.object({ id: z.string(), at: z.date() });

describe('the answer', () => {
  it('leaves by the schema: what it does not list is dropped, at every depth', async () => {
    const { fastify, routes } = testApp();
    const User = z.object({ email: z.string(), of: z.array(z.object({ name: z.string() })) });
    const row = { email: 'a@b.co', password_hash: 'x', of: [{ name: 'n', secret: 's' }] };
    routes.get('/x', { access: 'public', response: { 200: User } }, async () => row);
    const sent = await fastify.inject('/x');
    expect(sent.json()).toEqual({ email: 'a@b.co', of: [{ name: 'n' }] });
    expect(sent.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('that does not fit is a 500 in the log that names the route and the field, never the value', async () => {
    const { fastify, routes, faults } = testApp();
    const wrong = { message: { secret: 'tell-nobody' } } as unknown as { message: string };
    routes.get('/x', { access: 'public', response: { 200: Message } }, () => wrong);
    const sent = await fastify.inject('/x');
    expect([sent.statusCode, sent.body.includes('tell-nobody')]).toEqual([500, false]);
    expect(String(faults[0])).toBe(
      'ResponseMisfit: GET /x: the body of 200 does not fit: message invalid_type',
    );
  });

  it('chooses a status and header fields by answer()', async () => {
    const { fastify, routes } = testApp();
    const response = { 200: Message, 202: Item, 303: z.void() };
    routes.get(
      '/x',
      { access: 'public', query: z.object({ how: z.string() }), response },
      async ({ query }) => {
        if (query.how === 'later')
          return answer(202, { id: 'i', at: new Date(0), more: 1 }, { headers: { 'x-a': 'b' } });
        if (query.how === 'else') return answer(303, undefined, { headers: { location: '/y' } });
        return answer(200, { message: 'm' });
      },
    );
    const later = await fastify.inject('/x?how=later');
    expect([later.statusCode, later.headers['x-a'], later.json()]).toEqual([
      202,
      'b',
      { id: 'i', at: '1970-01-01T00:00:00.000Z' },
    ]);
    const other = await fastify.inject('/x?how=else');
    expect([other.statusCode, other.headers.location, other.body]).toEqual([303, '/y', '']);
    expect((await fastify.inject('/x?how=')).json()).toEqual({ message: 'm' });
  });

  it('a plain return is the one 2xx, whichever that is', async () => {
    const { fastify, routes } = testApp();
    routes.post('/made', { access: 'public', response: { 201: Message } }, () => ({ message: 'made' }));
    routes.delete('/gone', { access: 'public', response: { 204: z.void() } }, async () => {});
    const made = await fastify.inject({ method: 'POST', url: '/made' });
    expect([made.statusCode, made.json()]).toEqual([201, { message: 'made' }]);
    const gone = await fastify.inject({ method: 'DELETE', url: '/gone' });
    expect([gone.statusCode, gone.body, gone.headers['content-type']]).toEqual([204, '', undefined]);
  });

  it.each([
    ['an undeclared status', () => answer(299, { message: 'm' })],
    ['a plain return with two successes', () => ({ message: 'm' })],
    ['raw() where JSON is declared', () => raw('{"password_hash":"x"}')],
    ['a forged answer', () => ({ status: 200, body: { message: 'm' } })],
    ['a body where none is declared', () => answer(204, { message: 'm' })],
    ['nothing at all', () => answer(200, undefined)],
  ])('%s from plain JavaScript is a 500, never a leak', async (_name, handler) => {
    const { fastify, routes } = testApp();
    const response = { 200: Message, 201: Message, 204: z.void() };
    routes.get('/x', { access: 'public', response }, handler as never);
    const sent = await fastify.inject('/x');
    expect([sent.statusCode, sent.body.includes('password_hash')]).toEqual([500, false]);
  });

  it('of a media type is sent as it is, text and bytes too', async () => {
    const { fastify, routes } = testApp();
    routes.get('/text', { access: 'public', response: { 200: media('text/plain') } }, () => raw('hello'));
    routes.get('/jwks', { access: 'public', response: { 200: media('application/jwk-set+json') } }, () =>
      raw(Buffer.from('{}')),
    );
    expect((await fastify.inject('/text')).body).toBe('hello');
    expect((await fastify.inject('/jwks')).headers['content-type']).toBe('application/jwk-set+json');
  });

  it('to HEAD has the header fields of GET and no body', async () => {
    const { fastify, routes } = testApp();
    routes.get('/x', { access: 'public', response: { 200: Message } }, () => ({ message: 'm' }));
    const head = await fastify.inject({ method: 'HEAD', url: '/x' });
    expect([head.statusCode, head.body, head.headers['content-length']]).toEqual([200, '', '15']);
  });
});
