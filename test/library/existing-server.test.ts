import { type AddressInfo, connect } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, cors, errorDoor, secureServer, securityHeaders } from '../../dist/index.js';
import { existingApp, existingSettings, listen } from '../support/existing.js';
import { askRaw, requestBytes } from '../support/raw-socket.js';
import { securityHeaders as lacking, noSecurityHeaders } from '../support/security-headers.js';
import { LogLines } from '../support/wire.js';

const host = 'Host: 127.0.0.1\r\nConnection: close\r\n';

/** What no plugin of Fastify's ever sees. */
const refused: [kind: string, bytes: string, status: number, code: string][] = [
  ['garbage', 'this is not HTTP\r\n\r\n', 400, 'bad_request'],
  [
    'an oversized head',
    `GET / HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`,
    431,
    'headers_too_large',
  ],
  ['a long target', `GET /${'a'.repeat(9_000)} HTTP/1.1\r\n${host}\r\n`, 414, 'uri_too_long'],
  ['a long parameter', `GET /things/${'a'.repeat(600)} HTTP/1.1\r\n${host}\r\n`, 414, 'uri_too_long'],
  ['a malformed URL', `GET /%zz HTTP/1.1\r\n${host}\r\n`, 400, 'bad_request'],
  ['an expectation', `GET / HTTP/1.1\r\n${host}Expect: tea\r\n\r\n`, 417, 'expectation_failed'],
  [
    'length and chunks',
    `POST / HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'bad_request',
  ],
  [
    'two credentials',
    `GET / HTTP/1.1\r\n${host}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n`,
    400,
    'bad_request',
  ],
  ["another host's target", `GET http://evil.example/ HTTP/1.1\r\n${host}\r\n`, 400, 'invalid_host'],
];

const things = async (options: object) => {
  const settings = await existingSettings();
  const app = existingApp({ ...secureServer(settings), ...options });
  app.get('/', async (request) => ({ id: request.id }));
  app.get('/things/:id', async () => 'thing');
  return { app };
};

describe('secureServer alone', () => {
  it.each(refused)('%s is refused in our shape with our headers', async (_kind, bytes, status, code) => {
    const { app } = await things({});
    const answer = await askRaw((await listen(app)).port, Buffer.from(bytes, 'latin1'));
    expect([answer.status, answer.json]).toEqual([
      status,
      { detail: expect.any(String), code, request_id: answer.headers['x-request-id'] },
    ]);
    expect(lacking(answer.headers)).toEqual([]);
  });

  it("leaves the application's own answers alone, and gives them one id", async () => {
    const { app } = await things({});
    const answer = await (await listen(app)).get('/');
    expect(noSecurityHeaders(answer.headers)).toEqual([]);
    expect(answer.headers['x-request-id']).toBe(answer.json.id);
    expect((await app.inject('/')).json().id).toMatch(/^[\w-]{36}$/);
    expect((await app.inject('/%zz')).json()).toMatchObject({ code: 'bad_request' });
  });

  it('logs what the parser refused by the logger of the application', async () => {
    const log = new LogLines();
    const { app } = await things({ loggerInstance: pino({}, log) });
    const { json } = await askRaw((await listen(app)).port, 'garbage\r\n\r\n');
    const line = log.lines.map((one) => JSON.parse(one)).find(({ code }) => code === 'bad_request');
    expect(line).toMatchObject({ request_id: json.request_id, status: 400, address: '127.0.0.1' });
  });

  it('warns once of a proxy that nobody declared', async () => {
    const { app } = await things({});
    const to = await listen(app);
    const warnings: string[] = [];
    const keep = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', keep);
    for (let asked = 0; asked < 2; asked += 1)
      await to.get('/', { headers: { 'x-forwarded-for': '1.1.1.1' } });
    process.off('warning', keep);
    expect(warnings).toEqual([
      expect.stringMatching(/TRUSTED_PROXIES does not name.*\(peer 127\.0\.0\.1\)$/),
    ]);
  });

  it("holds beside the application's own options of its server", async () => {
    const { app } = await things({
      requestTimeout: 5_000,
      keepAliveTimeout: 1_000,
      connectionTimeout: 7_000,
      maxRequestsPerSocket: 3,
      http: { maxHeaderSize: 1_000 },
      bodyLimit: 10,
    });
    const { server } = app;
    expect([
      server.requestTimeout,
      server.keepAliveTimeout,
      server.timeout,
      server.maxRequestsPerSocket,
    ]).toEqual([5_000, 1_000, 7_000, 3]);
    const { port } = await listen(app);
    const head = requestBytes('GET', '/', [`X: ${'a'.repeat(2_000)}`]);
    expect((await askRaw(port, head)).status).toBe(431);
    const { app: silent } = await things({});
    expect([silent.server.requestTimeout, silent.server.headersTimeout]).toEqual([30_000, 10_000]);
  });

  it('refuses HTTP/2, and settings that are none', async () => {
    await expect(things({ http2: true })).rejects.toThrow(/secureServer: it speaks HTTP\/1.1 alone/);
    expect(() => secureServer(undefined as never)).toThrow(ConfigurationError);
    expect(() => secureServer({} as never)).toThrow('secureServer: its settings are missing');
  });

  it('speaks TLS by what https says', async () => {
    const { app } = await things({ https: true });
    const { port } = await listen(app);
    const seen = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
    });
    expect(seen).not.toContain('HTTP/1.1 200');
  });

  it('refuses garbage on every address of localhost alike', async () => {
    const { app } = await things({});
    await app.listen({ host: 'localhost', port: 0 });
    for (const { address, port } of app.addresses() as AddressInfo[]) {
      const seen = await new Promise<string>((resolve, reject) => {
        const socket = connect(port, address, () => socket.end('garbage\r\n\r\n'));
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk.toString('latin1');
        });
        socket.on('error', reject);
        socket.on('close', () => resolve(text));
      });
      expect([address, seen]).toEqual([address, expect.stringContaining('"code":"bad_request"')]);
    }
  });

  it('with the controls every answer has its fields once', async () => {
    const settings = await existingSettings({ SECURITY_CORS_ORIGINS: 'https://app.example.org' });
    const app = existingApp(secureServer(settings));
    for (const plugin of [cors, errorDoor, securityHeaders]) await app.register(plugin, { settings });
    app.get('/', async () => 'x');
    const { port } = await listen(app);
    for (const path of ['/', '/unknown', '/%zz']) {
      const answer = await askRaw(port, requestBytes('GET', path, ['Origin: https://app.example.org']));
      expect([path, lacking(answer.headers)]).toEqual([path, []]);
    }
  });
});
