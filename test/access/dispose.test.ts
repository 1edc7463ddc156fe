import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { media, raw } from '../../src/access/answer.js';
import { dependency, guard } from '../../src/access/dependency.js';
import { Refusal } from '../../src/base/errors.js';
import { currentUser, testApp, traced } from './app.js';

const Message = z.object({ message: z.string() });
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe('disposal', () => {
  it('comes before the answer leaves, the last made first', async () => {
    const { fastify, routes } = testApp();
    const log: string[] = [];
    const outer = dependency('outer', {}, () => traced('outer', log));
    const inner = dependency('inner', { outer }, async () => traced('inner', log));
    fastify.addHook('onSend', (_request, _reply, _payload, done) => {
      log.push('sent');
      done();
    });
    routes.get('/x', { access: 'public', needs: { inner }, response: { 200: Message } }, async () => {
      log.push('handler');
      return { message: '' };
    });
    expect((await fastify.inject('/x')).statusCode).toBe(200);
    expect(log).toEqual(['handler', 'inner closed', 'outer closed', 'sent']);
  });

  it('a throw in it is a 500: nothing that was not committed is acknowledged; the others are still disposed', async () => {
    const { fastify, routes } = testApp();
    const log: string[] = [];
    const first = dependency('first', {}, () => traced('first', log));
    const broken = dependency('broken', { first }, () =>
      traced('broken', log, () => {
        throw new Error('commit failed');
      }),
    );
    routes.post('/x', { access: 'public', needs: { broken }, response: { 201: Message } }, () => ({
      message: '',
    }));
    expect((await fastify.inject({ method: 'POST', url: '/x' })).statusCode).toBe(500);
    expect(log).toEqual(['broken closed', 'first closed']);
  });

  it.each(['throws a refusal', 'throws what is no error', 'returns what does not fit'])(
    'comes when the handler %s',
    async (how) => {
      const { fastify, routes } = testApp();
      const log: string[] = [];
      const held = dependency('held', {}, () => traced('held', log));
      routes.get('/x', { access: 'public', needs: { held }, response: { 200: Message } }, async () => {
        if (how === 'throws a refusal') throw new Refusal('not_found');
        if (how === 'throws what is no error') throw 'text';
        return { message: 1 as unknown as string };
      });
      const answer = await fastify.inject('/x');
      expect([answer.statusCode, log]).toEqual([how === 'throws a refusal' ? 404 : 500, ['held closed']]);
    },
  );

  it('comes when a later guard, the validation or the parser refuses', async () => {
    const { fastify, routes } = testApp();
    const log: string[] = [];
    const held = guard('held', {}, () => traced('held', log));
    fastify.addHook('onSend', (_request, _reply, _payload, done) => {
      log.push('sent');
      done();
    });
    routes.get('/guard', { needs: { held, user: currentUser }, response: { 200: Message } }, () => ({
      message: '',
    }));
    routes.post(
      '/body',
      { needs: { held }, body: z.object({ a: z.string() }), response: { 200: Message } },
      () => ({ message: '' }),
    );
    const json = { 'content-type': 'application/json' };
    expect((await fastify.inject('/guard')).statusCode).toBe(401);
    expect(
      (await fastify.inject({ method: 'POST', url: '/body', headers: json, payload: '{}' })).statusCode,
    ).toBe(422);
    expect(
      (await fastify.inject({ method: 'POST', url: '/body', headers: json, payload: '{' })).statusCode,
    ).toBe(400);
    expect(
      (
        await fastify.inject({
          method: 'POST',
          url: '/body',
          headers: { 'content-type': 'a/b' },
          payload: 'x',
        })
      ).statusCode,
    ).toBe(415);
    expect(log).toEqual([
      'held closed',
      'sent',
      'held closed',
      'sent',
      'held closed',
      'sent',
      'held closed',
      'sent',
    ]);
  });

  it.each(['handler', 'guard'])(
    'that throws is told in place of the refusal of a %s, which is logged',
    async (who) => {
      const lines: string[] = [];
      const fastify = Fastify({ logger: { level: 'error', stream: { write: (line) => lines.push(line) } } });
      const { routes, faults } = testApp({ fastify: fastify as unknown as FastifyInstance });
      const broken = guard('broken', {}, () =>
        traced('broken', [], () => {
          throw new Error('rollback failed');
        }),
      );
      const refuse = (): never => {
        throw new Refusal('not_found');
      };
      const refusing = guard('refusing', {}, () => who === 'guard' && refuse());
      routes.get('/x', { needs: { broken, refusing }, response: { 200: Message } }, refuse);
      expect((await fastify.inject('/x')).statusCode).toBe(500);
      expect(faults).toMatchObject([{ cause: { message: 'rollback failed' } }]);
      expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ err: { message: 'Not Found' } }]);
    },
  );

  it('a value that a dependency hands on is disposed once', async () => {
    const { fastify, routes } = testApp();
    const log: string[] = [];
    const held = dependency('held', {}, () => traced('held', log));
    const same = dependency('same', { held }, (given) => given.held);
    routes.get('/x', { access: 'public', needs: { same, held }, response: { 200: Message } }, () => ({
      message: '',
    }));
    await fastify.inject('/x');
    expect(log).toEqual(['held closed']);
  });

  it('comes when the client hangs up while the handler works', async () => {
    const { fastify, routes } = testApp();
    const log: string[] = [];
    let begun = () => {};
    const working = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let told = () => {};
    const disposed = new Promise<void>((resolve) => {
      told = resolve;
    });
    const held = dependency('held', {}, () => traced('held', log, told));
    routes.get('/x', { access: 'public', needs: { held }, response: { 200: Message } }, async () => {
      begun();
      await gate;
      log.push('handler ends');
      return { message: '' };
    });
    const socket = await open(fastify);
    socket.write('GET /x HTTP/1.1\r\nHost: a\r\n\r\n');
    await working;
    socket.destroy();
    await once(socket, 'close');
    release();
    await disposed;
    expect(log).toEqual(['handler ends', 'held closed']);
  });

  it('comes when the client hangs up in the middle of the body', async () => {
    const { fastify, routes } = testApp();
    const log: string[] = [];
    let begun = () => {};
    const entered = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let told = () => {};
    const disposed = new Promise<void>((resolve) => {
      told = resolve;
    });
    const held = guard('held', {}, () => {
      begun();
      return traced('held', log, told);
    });
    routes.post('/x', { needs: { held }, body: z.object({}), response: { 200: Message } }, () => ({
      message: '',
    }));
    const socket = await open(fastify);
    socket.write(
      'POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    await entered;
    socket.destroy();
    await disposed;
    expect(log).toEqual(['held closed']);
  });

  it('of a stream comes when it ended, or the client is gone', async () => {
    const { fastify, routes } = testApp();
    const log: string[] = [];
    let told = () => {};
    let disposed = new Promise<void>((resolve) => {
      told = resolve;
    });
    const held = dependency('held', {}, () => traced('held', log, () => told()));
    async function* rows(endless: boolean) {
      yield 'a,b\n';
      while (endless) {
        await new Promise((resolve) => setImmediate(resolve));
        yield 'c,d\n';
      }
      log.push('read to the end');
    }
    const Endless = z.object({ endless: z.stringbool() });
    routes.get(
      '/csv',
      { access: 'public', needs: { held }, query: Endless, response: { 200: media('text/csv') } },
      ({ query }) => raw(Readable.from(rows(query.endless)), { headers: { 'x-rows': '1' } }),
    );
    const whole = await fastify.inject('/csv?endless=false');
    await disposed;
    expect([whole.headers['content-type'], whole.headers['x-rows'], whole.body]).toEqual([
      'text/csv',
      '1',
      'a,b\n',
    ]);
    expect(log).toEqual(['read to the end', 'held closed']);
    disposed = new Promise<void>((resolve) => {
      told = resolve;
    });
    const socket = await open(fastify);
    socket.write('GET /csv?endless=true HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    await disposed;
    expect(log.slice(2)).toEqual(['held closed']);
  });

  it('covers raw Fastify routes', async () => {
    const { fastify, routes } = testApp();
    const log: string[] = [];
    const held = guard('held', {}, async () => traced('held', log));
    fastify.addHook('onSend', (_request, _reply, _payload, done) => {
      log.push('sending');
      done();
    });
    fastify.get('/raw', { config: { needs: { held } } }, async () => {
      log.push('handler');
      return 'x';
    });
    routes.register(
      async (scope) => {
        scope.get('/covered', async () => 'x');
      },
      {},
      { needs: { held } },
    );
    expect((await fastify.inject('/raw')).body).toBe('x');
    expect(log).toEqual(['handler', 'sending', 'held closed']);
    await fastify.inject('/covered');
    expect(log.at(-1)).toBe('held closed');
  });
});

async function open(fastify: ReturnType<typeof testApp>['fastify']) {
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  if (!closers.includes(fastify.close)) closers.push(() => fastify.close());
  const socket = connect((fastify.server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}
