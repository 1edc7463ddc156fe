import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dependency, fromRequest, guard } from '../../src/access/dependency.js';
import { query } from '../../src/access/inputs.js';
import { Refusal } from '../../src/base/errors.js';
import { as, optionalUser, requireRole, testApp } from './app.js';

const Message = z.object({ message: z.string() });

describe('what a request resolves', () => {
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
