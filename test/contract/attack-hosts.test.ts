import { describe, expect, it } from 'vitest';
import { askRaw, expectRefusal, requestBytes, sendBytes } from '../support/raw-socket.js';
import { describeEachServer } from '../support/wire.js';

const metadata = '/.well-known/oauth-authorization-server';
const allowed = { ALLOWED_HOSTS: 'localhost,127.0.0.1,[::1],api.example.org,*.tenant.example' };

describeEachServer('attack: hosts', { env: allowed }, (get) => {
  const send = (lines: readonly string[], target = metadata) =>
    askRaw(get().port, requestBytes('GET', target, lines));

  it.each([
    'localhost',
    'LOCALHOST',
    'localhost:1',
    '127.0.0.1:65535',
    '[::1]',
    '[::1]:8000',
    '[0:0:0:0:0:0:0:1]',
    'api.example.org',
    'API.Example.Org:443',
    'a.tenant.example',
    'b.a.tenant.example',
  ])('%s is served, and nothing of it comes back', async (host) => {
    const answer = await send([`Host: ${host}`]);
    expect(answer.status).toBe(200);
    expect(answer.json.issuer).toBe('http://127.0.0.1');
    expect(answer.body).not.toContain('example');
  });

  it.each([
    'evil.example',
    'evil.example:8000',
    'localhost.evil.example',
    'evil.example#localhost',
    'evil.example?localhost',
    'evil.example/localhost',
    'evil.example\\localhost',
    'localhost@evil.example',
    'user:pass@localhost',
    'localhost:80@evil.example',
    'xlocalhost',
    'localhost.',
    'tenant.example',
    'xtenant.example',
    '.tenant.example',
    '*.tenant.example',
    'a..tenant.example',
    '-.tenant.example',
    'evil.example,localhost',
    'localhost, evil.example',
    'a b',
    'localhost evil.example',
    'localhost\tx',
    'localhost:',
    'localhost:http',
    'localhost:-1',
    'localhost:999999',
    'localhost:80:80',
    '[::1',
    '::1',
    '[::1]x',
    '[::ffff:127.0.0.1%25lo]',
    '[::2]',
    '127.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.0.0.1.',
    '127.0.0.1\xff',
    'loc%61lhost',
    "localhost'",
    'localhost"><script>',
    'l'.repeat(300),
    'unix:/tmp/x',
    '',
  ])('Host: %s is 400', async (host) => {
    const answer = await send([`Host: ${host}`]);
    expectRefusal(answer, 400);
    expect(['invalid_host', 'bad_request']).toContain(answer.json.code);
    expect(answer.body).not.toContain('evil');
  });

  it('refuses two Hosts, alike or not, and none', async () => {
    for (const second of ['localhost', 'evil.example', '127.0.0.1'])
      for (const pair of [
        ['Host: 127.0.0.1', `Host: ${second}`],
        [`Host: ${second}`, 'Host: 127.0.0.1'],
        ['HOST: 127.0.0.1', `hOsT: ${second}`],
      ])
        expectRefusal(await send(pair), 400);
    const bare = Buffer.from(`GET ${metadata} HTTP/1.1\r\nConnection: close\r\n\r\n`);
    expectRefusal(await askRaw(get().port, bare), 400);
    expectRefusal(await askRaw(get().port, `GET ${metadata} HTTP/1.0\r\n\r\n`), 400);
  });

  it('folds no Host over two lines, and takes none with a blank before its colon', async () => {
    for (const lines of [['Host: 127.0.0.1\r\n evil.example'], ['Host : 127.0.0.1']])
      expectRefusal(await send(lines), 400);
  });

  it('believes an absolute-form target only where it names the Host', async () => {
    const host = ['Host: localhost'];
    expect((await send(host, `http://localhost${metadata}`)).status).toBe(200);
    expect((await send(host, `HTTP://LOCALHOST:80${metadata}`)).status).toBe(200);
    for (const target of [
      `http://evil.example${metadata}`,
      `http://localhost.evil.example${metadata}`,
      `http://localhost@evil.example${metadata}`,
      `http://evil.example@localhost${metadata}`,
      `http://127.0.0.1${metadata}`,
      `http://localhost:81${metadata}`,
      `http:///${metadata}`,
      `http:${metadata}`,
      `ftp://localhost${metadata}`,
      `file://${metadata}`,
      'localhost:80',
      'javascript:alert(1)',
      '*',
      'users/me',
      '?x',
    ])
      expectRefusal(await send(host, target), 400);
    expectRefusal(await send(['Host: evil.example'], `http://localhost${metadata}`), 400, 'invalid_host');
    expectRefusal(await send(['Host: evil.example'], `http://evil.example${metadata}`), 400, 'invalid_host');
  });

  it('never reads a name from a header of proxies', async () => {
    const spoofed = [
      'X-Forwarded-Host: evil.example',
      'X-Host: evil.example',
      'X-HTTP-Host-Override: evil.example',
      'X-Original-Host: evil.example',
      'X-Forwarded-Server: evil.example',
      'X-Forwarded-Prefix: /evil.example',
      'Forwarded: for=1.2.3.4;host=evil.example;proto=https',
      'X-Original-URL: /events',
      'X-Rewrite-URL: /events',
    ];
    const answer = await send(spoofed);
    expect([answer.status, answer.body.includes('evil')]).toEqual([200, false]);
    expectRefusal(await send(['Host: evil.example', 'X-Forwarded-Host: localhost']), 400, 'invalid_host');
  });

  it('looks at the host before credentials, routes and CORS', async () => {
    const person = await get().person();
    const evil = ['Host: evil.example', `Authorization: Bearer ${person.access_token}`];
    const cors = ['Origin: http://localhost:3000', 'Access-Control-Request-Method: GET'];
    for (const target of ['/users/me', '/nothing', '/docs', '/openapi.json'])
      expectRefusal(await send(evil, target), 400, 'invalid_host');
    const preflight = await askRaw(get().port, requestBytes('OPTIONS', '/users/me', [...evil, ...cors]));
    expectRefusal(preflight, 400, 'invalid_host');
    expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('tells a stranger host nothing but "ok" about health', async () => {
    const answer = await send(['Host: evil.example'], '/healthz');
    expect([answer.status, answer.json]).toEqual([200, { status: 'ok' }]);
  });

  describe('a target that would split the answer', () => {
    it.each([
      '/docs%0d%0aX-Evil:%201',
      '/%0d%0a%0d%0a<html>',
      '/redoc?%0d%0aLocation:%20//evil.example',
      '//evil.example',
      '/\\evil.example',
    ])('%s adds no header and leads nowhere', async (target) => {
      const seen = await sendBytes(get().port, requestBytes('GET', target));
      expect(seen.toLowerCase()).not.toMatch(/\r\nx-evil|location: [^\r]*evil|<html>/);
    });
  });
});
