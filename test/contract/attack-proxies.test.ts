import { describe, expect, it } from 'vitest';
import { askRaw, expectRefusal, requestBytes } from '../support/raw-socket.js';
import { describeEachServer, limitsOn } from '../support/wire.js';

const few = { ...limitsOn, SECURITY_RATE_LIMIT_REQUESTS: '20', SECURITY_RATE_LIMIT_WINDOW: '60' };

const spoofs = (n: number): readonly string[] => [
  `X-Forwarded-For: 203.0.113.${n}`,
  `X-Real-IP: 203.0.113.${n}`,
  `Forwarded: for=203.0.113.${n};proto=https;host=evil.example`,
  `X-Client-IP: 203.0.113.${n}`,
  `CF-Connecting-IP: 203.0.113.${n}`,
  `True-Client-IP: 203.0.113.${n}`,
  `X-Cluster-Client-IP: 203.0.113.${n}`,
];

describeEachServer('attack: forwarded headers without a declared proxy', { env: few }, (get) => {
  it('lets nobody pick a bucket: every spoof counts on the one socket', async () => {
    const seen: number[] = [];
    for (let n = 0; n < 25; n += 1)
      seen.push((await askRaw(get().port, requestBytes('GET', '/users/me', spoofs(n)))).status);
    expect(seen).toEqual([...Array(20).fill(401), ...Array(5).fill(429)]);
    expect(get().log.lines.filter((line) => line.includes('TRUSTED_PROXIES'))).toHaveLength(1);
  });

  it('takes no request id from a stranger, nor anything that would split a header or a log line', async () => {
    for (const id of ['mine', 'a\tb', '"},{"', 'x'.repeat(65)]) {
      const answer = await askRaw(get().port, requestBytes('GET', '/healthz', [`X-Request-ID: ${id}`]));
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describeEachServer(
  'attack: forwarded headers through a declared proxy',
  { env: { ...few, TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8' } },
  (get) => {
    /** What is left in the bucket after a request with these lines. */
    const left = async (...lines: readonly string[]) => {
      const answer = await askRaw(get().port, requestBytes('GET', '/users/me', lines));
      return Number(/r=(\d+)/.exec(answer.headers['ratelimit'] ?? '')?.[1]);
    };

    it('counts on the right-most hop that no proxy vouches for; what stands left of it is hearsay', async () => {
      const chains = [
        'X-Forwarded-For: 198.51.100.1',
        'X-Forwarded-For: 192.0.2.9, 198.51.100.1',
        'X-Forwarded-For: 198.51.100.1, 10.1.2.3',
        'X-Forwarded-For: 1.1.1.1,2.2.2.2,198.51.100.1,10.1.2.3,10.9.9.9',
        'X-Forwarded-For: evil, 198.51.100.1',
        'X-Forwarded-For: ::ffff:198.51.100.1',
        'X-Forwarded-For: [::ffff:198.51.100.1]:4711',
        'X-Forwarded-For: 198.51.100.1:4711',
        'X-Forwarded-For: 7.7.7.7\r\nX-Forwarded-For: 198.51.100.1',
      ];
      const seen: number[] = [];
      for (const chain of chains) seen.push(await left(chain));
      expect(seen).toEqual(chains.map((_, at) => 19 - at));
    });

    it('gives one subscriber one bucket: an IPv6 /64', async () => {
      expect(await left('X-Forwarded-For: 2001:db8:1:2::1')).toBe(19);
      expect(await left('X-Forwarded-For: 2001:db8:1:2:ffff:ffff:ffff:ffff')).toBe(18);
      expect(await left('X-Forwarded-For: 2001:0DB8:1:2:0::5%eth0')).toBe(17);
      expect(await left('X-Forwarded-For: 2001:db8:1:3::1')).toBe(19);
    });

    it('sends what is malformed into the bucket of the proxy itself: a forger picks none', async () => {
      const malformed = [
        'evil',
        '',
        '1.2.3',
        '1.2.3.4.5',
        '256.1.1.1',
        '0x7f.1',
        '[::1',
        'unknown',
        '_hidden',
        "' OR 1=1",
        '1.2.3.4;',
        '198.51.100.7,',
      ];
      const seen: number[] = [];
      for (const entry of malformed) seen.push(await left(`X-Forwarded-For: ${entry}`));
      expect(seen).toEqual(malformed.map((_, at) => 19 - at));
    });

    it('reads no other header', async () => {
      const before = await left();
      for (let n = 1; n <= 3; n += 1) expect(await left(...spoofs(n).slice(1))).toBe(before - n);
    });

    it('takes a well-formed request id from it, and makes its own for any other', async () => {
      const idFor = async (id: string) =>
        (await askRaw(get().port, requestBytes('GET', '/healthz', [`X-Request-ID: ${id}`]))).headers[
          'x-request-id'
        ];
      expect(await idFor('trace-0815_A')).toBe('trace-0815_A');
      for (const id of ['a b', 'x'.repeat(65), 'a\x7f', '"', '%0d%0a', '\xfc'])
        expect(await idFor(id)).toMatch(/^[0-9a-f-]{36}$/);
    });
  },
);

const browser = ['Accept: text/html,application/xhtml+xml', 'Sec-Fetch-Mode: navigate'];

describeEachServer(
  'attack: plain http where https is required',
  { env: { SECURITY_REQUIRE_HTTPS: 'true' } },
  (get) => {
    const send = (method: string, target: string, lines: readonly string[]) =>
      askRaw(get().port, requestBytes(method, target, lines));

    it.each([
      ['X-Forwarded-Proto: https'],
      ['X-Forwarded-Proto: https, https'],
      ['X-Forwarded-Scheme: https'],
      ['X-Forwarded-SSL: on'],
      ['Front-End-Https: on'],
      ['X-URL-Scheme: https'],
      ['Forwarded: proto=https'],
      ['X-Forwarded-Port: 443'],
    ])('is not talked out of it by a stranger: %s', async (line) => {
      expectRefusal(await send('GET', '/users/me', [line]), 403, 'https_required');
    });

    it('sends only a page navigation on, never a request with something secret, nor to another host', async () => {
      const answer = await send('GET', '/docs?a=1', browser);
      expect([answer.status, answer.headers['location']]).toEqual([308, 'https://127.0.0.1/docs?a=1']);
      for (const [method, lines] of [
        ['GET', []],
        ['GET', ['Accept: application/json']],
        ['GET', ['Accept: text/html', 'Sec-Fetch-Mode: cors']],
        ['GET', [...browser, 'Authorization: Bearer x']],
        ['GET', [...browser, 'X-API-Key: x']],
        ['POST', browser],
        ['DELETE', browser],
        ['OPTIONS', ['Origin: http://localhost:3000', 'Access-Control-Request-Method: GET']],
      ] as const)
        expectRefusal(await send(method, '/users/me', lines), 403, 'https_required');
      for (const host of ['evil.example', 'localhost@evil.example'])
        expectRefusal(await send('GET', '/docs', [...browser, `Host: ${host}`]), 400, 'invalid_host');
      for (const target of ['//evil.example/x', '/\\evil.example', '/%0d%0aX:%20y', '/@evil.example']) {
        const { headers, status } = await send('GET', target, browser);
        expect(status === 308 ? new URL(headers['location'] ?? '').host : '127.0.0.1').toBe('127.0.0.1');
      }
    });
  },
);

describeEachServer(
  'attack: X-Forwarded-Proto through a declared proxy',
  { env: { SECURITY_REQUIRE_HTTPS: 'true', TRUSTED_PROXIES: '127.0.0.1' } },
  (get) => {
    const send = (...lines: readonly string[]) => askRaw(get().port, requestBytes('GET', '/users/me', lines));

    it("believes the proxy's word, the last one, and sends HSTS only then", async () => {
      for (const line of [
        'X-Forwarded-Proto: https',
        'X-Forwarded-Proto: HTTPS',
        'X-Forwarded-Proto: http, https',
      ]) {
        const answer = await send(line);
        expect(answer.status).toBe(401);
        expect(answer.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
      }
    });

    describe('anything else', () => {
      it.each(['http', 'https, http', 'https,', 'httpss', 'wss', 'on', '1', 'https;', '"https"', ''])(
        '%s is plain http',
        async (proto) => {
          expectRefusal(await send(`X-Forwarded-Proto: ${proto}`), 403, 'https_required');
        },
      );
    });
  },
);
