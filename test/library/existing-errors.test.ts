import { connect } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { errorDoor, Refusal, requestLimit, secureServer, securityHeaders } from '../../dist/index.js';
import { existingApp, existingSettings, listen } from '../support/existing.js';
import { requestBytes } from '../support/raw-socket.js';
import { LogLines } from '../support/wire.js';

const httpError = (statusCode: number, message: string, more: object = {}) =>
  Object.assign(new Error(message), { statusCode, ...more });

/** Sends the rest of its body when the answer is there already; a connection that was reset is an error. */
function sendOn(port: number, first: Buffer, rest: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(first));
    socket.once('data', () => socket.end(rest));
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(seen));
  });
}

/** An application that throws everything there is. */
async function throwing() {
  const log = new LogLines();
  const app = existingApp({ loggerInstance: pino({ level: 'error' }, log) });
  await app.register(errorDoor, { settings: await existingSettings() });
  const routes: Record<string, () => unknown> = {
    refusal: () => new Refusal('account_disabled'),
    unauthenticated: () => new Refusal('invalid_credentials'),
    gone: () => httpError(410, 'That report is gone'),
    coded: () => httpError(409, 'Taken', { code: 'SLUG_TAKEN' }),
    headers: () => httpError(429, 'Slowly', { headers: { 'retry-after': '9' } }),
    hidden: () => httpError(404, 'row 7 of secret_table', { expose: false }),
    upstream: () => httpError(502, 'https://user:swordfish@db failed'),
    reset: () => Object.assign(new Error('read swordfish'), { code: 'ECONNRESET' }),
    axios: () => Object.assign(new Error('swordfish'), { status: 404 }),
    odd: () => httpError(200, 'swordfish'),
    plain: () => new TypeError('swordfish'),
    text: () => 'swordfish',
    nothing: () => undefined,
  };
  for (const [name, make] of Object.entries(routes))
    app.get(`/${name}`, async () => {
      throw make();
    });
  app.get('/status', async (_request, reply) => {
    reply.code(409).headers({ etag: '"1"', 'content-disposition': 'attachment', 'x-own': 'kept' });
    throw new Error('swordfish');
  });
  app.post(
    '/people',
    {
      schema: { body: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } } },
      bodyLimit: 100,
    },
    async () => 'made',
  );
  return { app, log };
}

describe('errorDoor alone', () => {
  it.each([
    ['/refusal', 403, 'account_disabled', 'Account is disabled'],
    ['/unauthenticated', 401, 'invalid_credentials', 'Could not validate credentials'],
    ['/gone', 410, 'gone', 'That report is gone'],
    ['/coded', 409, 'SLUG_TAKEN', 'Taken'],
    ['/headers', 429, 'too_many_requests', 'Slowly'],
    ['/hidden', 404, 'not_found', 'Not Found'],
    ['/status', 409, 'conflict', 'Conflict'],
    ['/upstream', 502, 'bad_gateway', 'Bad Gateway'],
    ['/reset', 500, 'internal_error', 'Internal Server Error'],
    ['/axios', 500, 'internal_error', 'Internal Server Error'],
    ['/odd', 500, 'internal_error', 'Internal Server Error'],
    ['/plain', 500, 'internal_error', 'Internal Server Error'],
    ['/text', 500, 'internal_error', 'Internal Server Error'],
    ['/nothing', 500, 'internal_error', 'Internal Server Error'],
    ['/unknown', 404, 'not_found', 'Not Found'],
  ])('%s is %i %s', async (path, status, code, detail) => {
    const { app, log } = await throwing();
    const answer = await (await listen(app)).get(path);
    expect([answer.status, answer.json]).toEqual([
      status,
      { detail, code, request_id: answer.headers['x-request-id'] },
    ]);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['www-authenticate'] !== undefined).toBe(status === 401);
    expect(answer.headers['retry-after']).toBe(path === '/headers' ? '9' : undefined);
    expect(answer.text).not.toMatch(/swordfish|secret_table/);
    const faults = log.lines.map((line) => JSON.parse(line)).filter(({ fault }) => fault !== undefined);
    expect(faults.map(({ request_id }) => request_id)).toEqual(status >= 500 ? [answer.json.request_id] : []);
  });

  it("keeps Fastify's validation, and what other plugins set on the reply", async () => {
    const { app } = await throwing();
    app.addHook('onSend', (_request, reply, payload, done) => {
      reply.header('x-sent', 'yes');
      done(null, payload);
    });
    const to = await listen(app);
    const invalid = await to.call('POST', '/people', { json: {} });
    expect([invalid.status, invalid.json]).toMatchObject([
      400,
      { detail: "body must have required property 'name'", code: 'FST_ERR_VALIDATION' },
    ]);
    expect(invalid.headers['x-sent']).toBe('yes');
    const large = await to.call('POST', '/people', { json: { name: 'x'.repeat(200) } });
    expect([large.status, large.json.code]).toEqual([413, 'payload_too_large']);
    const broken = await to.call('POST', '/people', {
      body: '{',
      headers: { 'content-type': 'application/json' },
    });
    expect(broken.status).toBe(400);
    expect(broken.headers['content-type']).toBe('application/json; charset=utf-8');
    const { headers } = await to.get('/status');
    expect([headers['x-own'], headers.etag, headers['content-disposition']]).toEqual([
      'kept',
      undefined,
      undefined,
    ]);
    const head = await to.call('HEAD', '/plain');
    expect([head.status, head.text]).toEqual([500, '']);
  });

  it("leaves the application's own handlers alone: of a plugin, and of what is not found", async () => {
    const { app } = await throwing();
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ mine: true }));
    app.register(async (scope) => {
      scope.setErrorHandler((error: Error, _request, reply) => reply.send({ own: error.message }));
      scope.get('/own', async () => {
        throw new Error('x');
      });
    });
    app.get('/call', (_request, reply) => reply.callNotFound());
    const to = await listen(app);
    expect((await to.get('/unknown')).json).toEqual({ mine: true });
    expect((await to.get('/call')).json).toEqual({ mine: true });
    expect((await to.get('/own')).json).toEqual({ own: 'x' });
  });

  it('gives its shape to reply.callNotFound() and to unknown paths, before their body is read', async () => {
    const { app } = await throwing();
    app.get('/call', (_request, reply) => reply.callNotFound());
    const to = await listen(app);
    for (const answer of [
      await to.get('/call'),
      await to.call('POST', '/unknown', { body: '{', headers: { 'content-type': 'application/json' } }),
    ])
      expect([answer.status, answer.json.code]).toEqual([404, 'not_found']);
  });

  it('answers for a hook of the application that refused before ours, under an id', async () => {
    const app = existingApp();
    app.addHook('onRequest', async (request) => {
      if (request.headers['x-blocked'] !== undefined) throw httpError(403, 'Blocked');
    });
    await app.register(errorDoor, { settings: await existingSettings() });
    app.get('/hello', async () => 'x');
    const to = await listen(app);
    const { status, json, headers } = await to.get('/hello', { headers: { 'x-blocked': 'yes' } });
    expect([status, json]).toEqual([
      403,
      { detail: 'Blocked', code: 'forbidden', request_id: headers['x-request-id'] },
    ]);
  });

  it('a client that still sends its body is refused, and not cut off', async () => {
    const settings = await existingSettings();
    for (const server of [{}, secureServer(settings)]) {
      const app = existingApp(server);
      await app.register(errorDoor, { settings });
      app.post(
        '/guarded',
        { onRequest: () => Promise.reject(new Refusal('not_authenticated')) },
        async () => 'x',
      );
      const half = Buffer.alloc(200_000, 'x');
      const head = ['Content-Type: application/json', `Content-Length: ${2 * half.length}`];
      const first = requestBytes('POST', '/guarded', head, half);
      const seen = await sendOn((await listen(app)).port, first, half);
      expect(seen).toContain('"code":"not_authenticated"');
    }
  });

  it('a handler written for Fastify finds the status of a refusal by its usual name', async () => {
    const app = existingApp();
    app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
      reply.code(error.statusCode ?? 500).send({ mine: error.message }),
    );
    app.get('/refused', async () => {
      throw new Refusal('account_disabled');
    });
    const { status, json } = await (await listen(app)).get('/refused');
    expect([status, json]).toEqual([403, { mine: 'Account is disabled' }]);
  });

  it("without it a refusal has its status, code, challenge and time in Fastify's shape", async () => {
    const app = existingApp();
    app.get('/hello', async () => 'x');
    const settings = await existingSettings({ SECURITY_RATE_LIMIT_REQUESTS: '1' });
    await app.register(requestLimit, { settings });
    await app.register(securityHeaders, { settings });
    const to = await listen(app);
    await to.get('/hello');
    const { status, json, headers } = await to.get('/hello');
    expect([status, json]).toEqual([
      429,
      {
        statusCode: 429,
        code: 'too_many_requests',
        error: 'Too Many Requests',
        message: 'Too Many Requests',
      },
    ]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(headers['x-frame-options']).toBe('DENY');
  });
});
