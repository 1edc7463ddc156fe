import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { writeRateLimitFields } from '../../src/http/rate-limit-fields.js';
import { docsContentSecurityPolicy, useDocsPolicy } from '../../src/http/security-headers.js';
import {
  composesHeads,
  fieldOf,
  StandingResponse,
  standingFields,
  standOn,
  standOneOn,
} from '../../src/http/standing-response.js';
import { type Answer, request, startApp } from './http-app.js';

const count = (answer: Answer, name: string): number =>
  answer.text
    .toLowerCase()
    .split('\r\n')
    .filter((line) => line.startsWith(`${name}:`)).length;
const verdict = { policy: 'address', limit: 100, remaining: 99, resetSeconds: 60, windowSeconds: 3600 };

describe('standing headers', () => {
  it('give way to what an answer says itself, in every form of writeHead, and never double', async () => {
    const server = await startApp({}, (app) => {
      app.get('/docs', (_request, reply) => {
        useDocsPolicy(reply.raw);
        return reply.type('text/html').send('<p>');
      });
      app.get('/cached', (_request, reply) => reply.header('Cache-Control', 'max-age=60').send('x'));
      app.get('/raw/:form', (incoming, reply) => {
        const { form } = incoming.params as { form: string };
        reply.hijack();
        const forms: Record<string, () => void> = {
          object: () => reply.raw.writeHead(200, { 'Cache-Control': 'private' }),
          flat: () => reply.raw.writeHead(200, ['Cache-Control', 'private']),
          set: () => reply.raw.setHeader('CACHE-CONTROL', 'private'),
          reason: () => reply.raw.writeHead(200, 'OK', { 'cache-control': 'private' }),
        };
        forms[form]?.();
        reply.raw.end('x');
      });
    });
    const docs = await request(server.port, { path: '/docs' });
    expect(docs.headers['content-security-policy']).toBe(docsContentSecurityPolicy);
    expect(count(docs, 'content-security-policy')).toBe(1);
    expect((await request(server.port, { path: '/cached' })).headers['cache-control']).toBe('max-age=60');
    for (const form of ['object', 'flat', 'set', 'reason']) {
      const answer = await request(server.port, { path: `/raw/${form}` });
      expect(answer.headers['cache-control'], form).toBe('private');
      expect(count(answer, 'cache-control')).toBe(1);
      expect(answer.headers['x-frame-options']).toBe('DENY');
    }
    const inProcess = await server.app.inject({ url: '/docs', headers: { host: 'localhost' } });
    expect(inProcess.headers['content-security-policy']).toBe(docsContentSecurityPolicy);
    await server.app.close();
  });

  it('hold the rate limit fields, the last verdict alone', async () => {
    const server = await startApp({}, (app) => {
      app.get('/limited', (_request, reply) => {
        writeRateLimitFields(reply.raw, verdict);
        writeRateLimitFields(reply.raw, { ...verdict, policy: 'principal', remaining: -1 });
        expect(fieldOf(reply.raw, 'ratelimit')).toBe('"principal";r=0;t=60');
        return {};
      });
    });
    const answer = await request(server.port, { path: '/limited' });
    expect(answer.headers['ratelimit-policy']).toBe('"principal";q=100;w=3600');
    expect(answer.headers['ratelimit']).toBe('"principal";r=0;t=60');
    expect(count(answer, 'ratelimit')).toBe(1);
    const inProcess = await server.app.inject({ url: '/limited', headers: { host: 'localhost' } });
    expect(inProcess.headers['ratelimit']).toBe('"principal";r=0;t=60');
    await server.app.close();
  });

  it('stands where this Node composes heads, and finds out where one does not', () => {
    expect(composesHeads((raw) => new StandingResponse(raw))).toBe(true);
    class Other extends StandingResponse {
      override _storeHeader(firstLine: string, headers: unknown): void {
        Reflect.get(ServerResponse.prototype, '_storeHeader').call(this, firstLine, headers);
      }
    }
    expect(composesHeads((raw) => new Other(raw))).toBe(false);
  });

  it('are set one by one on a response that is not ours', () => {
    const plain = new ServerResponse(new IncomingMessage(new Socket()));
    standOn(plain, standingFields([['x-frame-options', 'DENY']]));
    standOneOn(plain, 'x-request-id', 'one');
    expect(plain.getHeaders()).toEqual({ 'x-frame-options': 'DENY', 'x-request-id': 'one' });
  });
});
