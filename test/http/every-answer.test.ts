import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standingHeaderValues as standing } from '../support/security-headers.js';
import { ask, parseAnswer, sendRaw, startApp, type TestApp } from './http-app.js';

const host = 'Host: localhost\r\nConnection: close\r\n';
const jsonPost = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\n${host}${more}\r\n`;
const bare = (text: string): string => `${text}\r\n\r\n`;

/** Kinds of answer: what is sent, the status and, for a refusal, its code. */
const kinds: [kind: string, bytes: string, status: number, code?: string][] = [
  ['a plain answer', get('/hello'), 200],
  ['HEAD', `HEAD /hello HTTP/1.1\r\n${host}\r\n`, 200],
  ['HEAD of nothing', `HEAD /nothing HTTP/1.1\r\n${host}\r\n`, 404],
  ['a hijacked reply', get('/hijacked'), 200],
  ['a redirect', get('/redirect'), 302],
  ['an empty answer', get('/empty'), 204],
  ['a refusal in a handler', get('/refused/account_disabled'), 403, 'account_disabled'],
  ['401', get('/guarded'), 401, 'not_authenticated'],
  ['401 before a body is read', jsonPost('/guarded', '{"a":1}'), 401, 'not_authenticated'],
  ['404', get('/nothing'), 404, 'not_found'],
  ['404 with a body', jsonPost('/nothing', '{broken'), 404, 'not_found'],
  ['405', `PUT /hello HTTP/1.1\r\n${host}\r\n`, 405, 'method_not_allowed'],
  ['405 TRACE', `TRACE /hello HTTP/1.1\r\n${host}\r\n`, 405, 'method_not_allowed'],
  ['405 of an odd method', `PROPFIND /hello HTTP/1.1\r\n${host}\r\n`, 405, 'method_not_allowed'],
  ['405 OPTIONS', `OPTIONS /hello HTTP/1.1\r\n${host}\r\n`, 405, 'method_not_allowed'],
  ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${host}\r\n`, 400, 'bad_request'],
  [
    'a preflight',
    `OPTIONS /hello HTTP/1.1\r\n${host}Origin: https://app.example.org\r\nAccess-Control-Request-Method: GET\r\n\r\n`,
    204,
  ],
  [
    'a preflight of a stranger',
    `OPTIONS /hello HTTP/1.1\r\n${host}Origin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\n\r\n`,
    204,
  ],
  ['413', jsonPost('/echo', `"${'x'.repeat(70_000)}"`), 413, 'payload_too_large'],
  [
    '413 chunked',
    `POST /echo HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n${'x'.repeat(70_000)}\r\n0\r\n\r\n`,
    413,
    'payload_too_large',
  ],
  [
    '415',
    `POST /echo HTTP/1.1\r\n${host}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}`,
    415,
    'unsupported_media_type',
  ],
  [
    '415 without a type',
    `POST /echo HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\n{}`,
    415,
    'unsupported_media_type',
  ],
  ['422 by a schema', jsonPost('/people', '{}'), 422, 'validation_failed'],
  ['422 by the parser', jsonPost('/people', '{'), 422, 'validation_failed'],
  ['422 of a path', get('/people/1'), 422, 'validation_failed'],
  ['422 of a query', get('/search?q=1&q=2'), 422, 'validation_failed'],
  ['429', get('/refused/too_many_requests'), 429, 'too_many_requests'],
  ['500', get('/fault'), 500, 'internal_error'],
  ['500 of a thrown string', get('/thrown'), 500, 'internal_error'],
  ['503', get('/refused/service_unavailable'), 503, 'service_unavailable'],
  ['a malformed URL', get('/%zz'), 400, 'bad_request'],
  ['a long parameter', get(`/people/${'a'.repeat(600)}`), 414, 'uri_too_long'],
  ['a long URL', get(`/hello?${'a'.repeat(9_000)}`), 414, 'uri_too_long'],
  ['431', get('/hello', `X: ${'a'.repeat(20_000)}\r\n`), 431, 'headers_too_large'],
  [
    'a token of 100 KB',
    get('/hello', `Authorization: Bearer ${'a'.repeat(100_000)}\r\n`),
    431,
    'headers_too_large',
  ],
  ['417', get('/hello', 'Expect: tea\r\n'), 417, 'expectation_failed'],
  ['no Host', bare('GET /hello HTTP/1.1\r\nConnection: close'), 400, 'invalid_host'],
  ['HTTP/1.0 without Host', bare('GET /hello HTTP/1.0'), 400, 'invalid_host'],
  ['two Hosts', get('/hello', 'Host: localhost\r\n'), 400, 'invalid_host'],
  ['a malformed Host', bare('GET /hello HTTP/1.1\r\nHost: a b\r\nConnection: close'), 400, 'invalid_host'],
  [
    'a foreign Host',
    bare('GET /hello HTTP/1.1\r\nHost: evil.example\r\nConnection: close'),
    400,
    'invalid_host',
  ],
  ['a target of another authority', get('http://evil.example/hello'), 400, 'invalid_host'],
  ['a target of our authority', get('http://localhost/hello'), 200],
  ['a target without a slash', `GET hello HTTP/1.1\r\n${host}\r\n`, 400, 'bad_request'],
  [
    'two credentials',
    get('/hello', 'Authorization: Bearer a\r\nAuthorization: Bearer b\r\n'),
    400,
    'bad_request',
  ],
  ['garbage', 'this is not HTTP\r\n\r\n', 400, 'bad_request'],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'bad_request'],
  ['an unknown method', `FOO /hello HTTP/1.1\r\n${host}\r\n`, 400, 'bad_request'],
  ['an unknown version', `GET /hello HTTP/9.9\r\n${host}\r\n`, 400, 'bad_request'],
  [
    'CL with TE',
    `POST /echo HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'bad_request',
  ],
  [
    'two Content-Lengths',
    `POST /echo HTTP/1.1\r\n${host}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`,
    400,
    'bad_request',
  ],
  [
    'a negative Content-Length',
    `POST /echo HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`,
    400,
    'bad_request',
  ],
  [
    'another coding',
    `POST /echo HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    400,
    'bad_request',
  ],
  [
    'TE that does not end in chunked',
    `POST /echo HTTP/1.1\r\n${host}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    400,
    'bad_request',
  ],
  [
    'a malformed chunk',
    `POST /echo HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    400,
    'bad_request',
  ],
  ['a folded header', get('/hello', 'X: a\r\n b\r\n'), 400, 'bad_request'],
  ['a space before the colon', get('/hello', 'X : a\r\n'), 400, 'bad_request'],
  ['a NUL in a header', get('/hello', 'X: a\0b\r\n'), 400, 'bad_request'],
  ['an Upgrade', get('/hello', 'Upgrade: websocket\r\n'), 200],
];

describe('every kind of answer', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp({}, (app) => {
      app.get('/hijacked', (_request, reply) => {
        reply.hijack();
        reply.raw.end('raw');
      });
      app.get('/redirect', (_request, reply) => reply.redirect('/hello'));
      app.get('/empty', (_request, reply) => reply.code(204).send());
    });
  });
  afterAll(() => server.app.close());

  it.each(kinds)('%s carries every header and the documented shape', async (_kind, bytes, status, code) => {
    const text = await sendRaw(server.port, Buffer.from(bytes, 'latin1'));
    const answer = parseAnswer(text);
    expect(answer.status, text).toBe(status);
    expect(answer.headers).toMatchObject(standing);
    expect(answer.headers['x-request-id']).toMatch(/^[\w-]{1,64}$/);
    expect(answer.headers).not.toHaveProperty('strict-transport-security');
    expect(answer.headers).not.toHaveProperty('server');
    expect(answer.headers).not.toHaveProperty('x-powered-by');
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin', '*');
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    if (code !== undefined) {
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      const body = answer.json();
      expect(body).toMatchObject({ code, request_id: answer.headers['x-request-id'] });
      expect(Array.isArray(body.detail)).toBe(status === 422);
    }
    expect('www-authenticate' in answer.headers).toBe(status === 401);
    expect('allow' in answer.headers).toBe(status === 405);
    expect(text).not.toContain('swordfish');
  });

  it('closes CONNECT without a byte', async () => {
    expect(await sendRaw(server.port, 'CONNECT evil:443 HTTP/1.1\r\nHost: localhost\r\n\r\n')).toBe('');
  });

  it('says the methods of a path in Allow', async () => {
    const answer = await ask(server.port, `PATCH /people/1 HTTP/1.1\r\n${host}\r\n`);
    expect(answer.headers['allow']).toBe('DELETE, GET, HEAD');
  });

  it('says how long to wait in whole seconds', async () => {
    expect((await ask(server.port, get('/refused/too_many_requests'))).headers['retry-after']).toBe('7');
  });

  it('leaves all but no-store out when the headers are switched off', async () => {
    const off = await startApp({ securityHeaders: { enabled: false, hstsMaxAge: 1 } });
    for (const bytes of [get('/hello'), 'garbage\r\n\r\n']) {
      const { headers } = await ask(off.port, bytes);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Origin' });
      for (const name of ['x-frame-options', 'content-security-policy', 'x-content-type-options']) {
        expect(headers).not.toHaveProperty(name);
      }
    }
    await off.app.close();
  });

  it('sets the same headers on app.inject', async () => {
    for (const url of ['/hello', '/nothing', '/%zz']) {
      const { headers } = await server.app.inject({ url, headers: { host: 'localhost' } });
      expect(headers).toMatchObject(standing);
    }
  });
});
