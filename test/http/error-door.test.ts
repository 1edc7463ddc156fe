import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue, type RefusalCode } from '../../src/base/errors.js';
import { challengeFor } from '../../src/http/challenge.js';
import { describeError } from '../../src/http/error-description.js';
import { toRefusal } from '../../src/http/error-door.js';
import { markTyped } from '../../src/http/typed-route.js';
import { request, startApp, type TestApp } from './http-app.js';

describe('the error door', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp({}, (app) => {
      app.get('/half', (_request, reply) => {
        reply
          .header('content-encoding', 'gzip')
          .header('set-cookie', 'a=b')
          .header('cache-control', 'public');
        reply.raw.setHeader('etag', 'x');
        throw new Error('swordfish');
      });
      app.get('/broken-stream', (_request, reply) => {
        reply.raw.writeHead(200, { 'content-length': 100 });
        reply.raw.write('half');
        throw new Error('swordfish');
      });
      const config = {};
      markTyped(config);
      app.get('/plugins', () => {
        throw Object.assign(new Error('Range Not Satisfiable'), { statusCode: 416 });
      });
      app.get('/plugins-fault', () => {
        throw Object.assign(new Error('swordfish'), { statusCode: 503 });
      });
      app.get('/status', { config }, () => {
        throw Object.assign(new Error('swordfish'), { statusCode: 418, headers: { 'x-evil': '1' } });
      });
    });
  });
  afterAll(() => server.app.close());

  it.each(Object.keys(catalogue) as RefusalCode[])('answers %s as the catalogue says', async (code) => {
    const entry: { status: number; detail: string; error?: string } = catalogue[code];
    const answer = await request(server.port, { path: `/refused/${code}` });
    expect(answer.status).toBe(entry.status);
    expect(answer.json()).toEqual({
      detail: entry.detail,
      ...(entry.error === undefined ? {} : { error: entry.error }),
      code,
      request_id: answer.headers['x-request-id'],
    });
    expect(answer.headers['www-authenticate']).toBe(entry.status === 401 ? challengeFor(code) : undefined);
    expect(server.lines.at(-1)).toMatchObject({ code, reason: 'for the log', status: entry.status });
  });

  it('challenges without an error when no token was sent, with one when it did not hold', () => {
    expect(challengeFor('not_authenticated')).toBe('Bearer');
    expect(challengeFor('sign_in_failed')).toBe('Bearer');
    expect(challengeFor('invalid_credentials')).toBe('Bearer error="invalid_token"');
  });

  it('a raw route’s or a plugin’s own 4xx keeps status and words, and is no fault', async () => {
    const answer = await request(server.port, { path: '/plugins' });
    expect(answer.status).toBe(416);
    expect(answer.json()).toMatchObject({ detail: 'Range Not Satisfiable', code: 'range_not_satisfiable' });
    const fault = await request(server.port, { path: '/plugins-fault' });
    expect(fault.status).toBe(500);
    expect(fault.text).not.toContain('swordfish');
  });

  it('keeps the cause of a 500 for the log', async () => {
    for (const path of ['/fault', '/thrown', '/half', '/status']) {
      const answer = await request(server.port, { path });
      expect(answer.status, path).toBe(500);
      expect(answer.text).not.toContain('swordfish');
      expect(answer.json()).toMatchObject({ detail: 'Internal Server Error', code: 'internal_error' });
      for (const name of ['content-encoding', 'set-cookie', 'etag', 'x-evil'])
        expect(answer.headers).not.toHaveProperty(name);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    const faults = server.lines.filter((line) => line['msg'] === 'a request failed');
    expect(faults[0]).toMatchObject({ code: 'internal_error', request_id: expect.any(String) });
    expect(JSON.stringify(faults)).toContain('swordfish');
  });

  it('cuts an answer that had begun', async () => {
    const answer = await request(server.port, { path: '/broken-stream' });
    expect(answer.text).not.toContain('internal_error');
    expect(server.lines.at(-1)).toMatchObject({ path: '/broken-stream', aborted: true });
  });

  it('takes an unknown error for ours, whatever it claims', () => {
    for (const error of [
      undefined,
      null,
      'x',
      { code: 'not_found' },
      Object.assign(new Error(), { status: 200 }),
    ]) {
      expect(toRefusal(error).code).toBe('internal_error');
    }
  });

  it('describes a fault without what drivers hang on it', () => {
    const error = Object.assign(new Error('boom', { cause: new Error('inner') }), {
      code: '23505',
      detail: 'Key (email)=(a@b)',
    });
    const described = describeError(error);
    expect(described).toMatchObject({
      type: 'Error',
      message: 'boom',
      code: '23505',
      cause: { message: 'inner' },
    });
    expect(JSON.stringify(described)).not.toContain('a@b');
    const circle = new Error('circle');
    circle.cause = circle;
    expect(JSON.stringify(describeError(circle)).length).toBeLessThan(20_000);
  });
});
