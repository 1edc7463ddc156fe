import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fromRequest, guard } from '../../src/access/dependency.js';
import { rawBody } from '../../src/access/inputs.js';
import { Refusal } from '../../src/base/errors.js';
import { testApp } from './app.js';

const sign = (text: string) => createHmac('sha256', 'key').update(text).digest('hex');
const sent = fromRequest('sent', (request) => request.headers['x-signature']);
const signature = guard('signature', { rawBody, sent }, async ({ rawBody: bytes, sent: given }) => {
  if (given !== sign(bytes.toString())) throw new Refusal('invalid_credentials');
});

function webhook(bodyLimit = 1000) {
  const { fastify, routes } = testApp();
  let parsed = 0;
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    parsed += 1;
    done(null, JSON.parse(body.toString()));
  });
  routes.post(
    '/hook',
    {
      needs: { signature },
      body: z.object({ n: z.number() }),
      bodyLimit,
      response: { 200: z.object({ n: z.number() }) },
    },
    ({ body }) => body,
  );
  const post = (payload: string, mark: string) =>
    fastify.inject({
      method: 'POST',
      url: '/hook',
      headers: { 'content-type': 'application/json', 'x-signature': mark },
      payload,
    });
  return { post, fastify, parsed: () => parsed };
}

describe('a guard that needs rawBody', () => {
  it('judges the bytes as they came, and the parser gets the same', async () => {
    const { post } = webhook();
    const text = '{ "n":  1.0 }';
    expect((await post(text, sign(text))).json()).toEqual({ n: 1 });
  });

  it('gives the handler the bytes that the guard judged, and what the guard made', async () => {
    const { fastify, routes } = testApp();
    const signer = guard('signer', { rawBody }, ({ rawBody: bytes }) => sign(bytes.toString()));
    const Got = z.object({ text: z.string(), by: z.string() });
    routes.post('/hook', { needs: { signer, rawBody }, response: { 200: Got } }, (given) => ({
      text: given.rawBody.toString(),
      by: given.signer,
    }));
    const headers = { 'content-type': 'application/json' };
    const answer = await fastify.inject({ method: 'POST', url: '/hook', headers, payload: '{ }' });
    expect(answer.json()).toEqual({ text: '{ }', by: sign('{ }') });
  });

  it('refuses before the body is parsed', async () => {
    const { post, parsed } = webhook();
    expect((await post('{ broken', 'forged')).statusCode).toBe(401);
    expect(parsed()).toBe(0);
  });

  it('reads under the route’s limit, whether the length is told or not', async () => {
    const { post, fastify } = webhook(10);
    const long = JSON.stringify({ n: 1, more: 'x'.repeat(50) });
    expect((await post(long, sign(long))).statusCode).toBe(413);
    await fastify.listen({ port: 0, host: '127.0.0.1' });
    const { port } = fastify.server.address() as AddressInfo;
    const stream = new ReadableStream({
      start(to) {
        to.enqueue(Buffer.from(long));
        to.close();
      },
    });
    const told = await fetch(`http://127.0.0.1:${port}/hook`, {
      method: 'POST',
      body: stream,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    } as RequestInit);
    expect(told.status).toBe(413);
    await fastify.close();
  });

  it('validates after it: 422 for what is signed and wrong', async () => {
    const { post } = webhook();
    expect((await post('{"n":"x"}', sign('{"n":"x"}'))).statusCode).toBe(422);
  });
});
