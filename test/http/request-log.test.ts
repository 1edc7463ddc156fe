import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contextOf } from '../../src/http/request-context.js';
import { loggedPath } from '../../src/http/request-log.js';
import { json, request, sendRaw, startApp, type TestApp } from './http-app.js';

describe('request log', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp({}, (app) => {
      app.get('/me', (incoming) => {
        contextOf(incoming.raw).principalId = 'p1';
        incoming.log.info({ note: 1, req: incoming.raw }, 'said by a handler');
        return {};
      });
    });
  });
  afterAll(() => server.app.close());

  it('writes one line a request', async () => {
    server.lines.length = 0;
    const answer = await request(server.port, { path: '/me?token=swordfish' });
    expect(server.lines).toHaveLength(2);
    expect(server.lines[0]).toMatchObject({
      msg: 'said by a handler',
      note: 1,
      request_id: answer.headers['x-request-id'],
    });
    expect(server.lines[0]).not.toHaveProperty('req');
    expect(server.lines[1]).toMatchObject({
      msg: 'request',
      level: 30,
      method: 'GET',
      path: '/me',
      status: 200,
      address: '127.0.0.1',
      principal_id: 'p1',
      request_id: answer.headers['x-request-id'],
      ms: expect.any(Number),
    });
  });

  it('holds no secret, wherever it was sent', async () => {
    server.lines.length = 0;
    const headers = {
      authorization: 'Bearer swordfish',
      cookie: 'a=swordfish',
      'x-api-key': 'swordfish',
      'user-agent': 'swordfish',
    };
    await request(server.port, { path: '/hello?password=swordfish#swordfish', headers });
    await request(server.port, { ...json('{"password":"swordfish"'), path: '/people' });
    await request(server.port, { ...json({ name: 'swordfish', swordfish: 1 }), path: '/people' });
    await sendRaw(server.port, 'swordfish swordfish\r\n\r\n');
    await sendRaw(server.port, 'GET /%zz?swordfish HTTP/1.1\r\nHost: swordfish\r\nConnection: close\r\n\r\n');
    expect(server.lines.length).toBeGreaterThanOrEqual(5);
    const telling = server.lines.filter((line) => JSON.stringify(line).includes('swordfish'));
    expect(telling.map((line) => Object.keys(line))).toEqual([]);
  });

  it('tells of a client that hung up', async () => {
    server.lines.length = 0;
    const entered = once(server.slow, 'entered');
    await sendRaw(server.port, 'GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n', undefined, entered);
    await expect.poll(() => server.lines.length).toBe(1);
    expect(server.lines[0]).toMatchObject({ path: '/slow', aborted: true });
    server.slow.emit('open');
  });

  it('marks faults of ours as errors', async () => {
    server.lines.length = 0;
    await request(server.port, { path: '/fault' });
    expect(server.lines.map((line) => line['level'])).toEqual([50, 50]);
  });

  it('cuts long paths and drops queries', () => {
    expect(loggedPath('/a?b=c')).toBe('/a');
    expect(loggedPath('/a#b?c')).toBe('/a');
    expect(loggedPath(`/${'a'.repeat(999)}`)).toHaveLength(256);
    expect(loggedPath(undefined)).toBe('');
  });
});
