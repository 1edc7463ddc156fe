import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeAddress } from '../../src/http/address-form.js';
import {
  type Client,
  createClientReader,
  proxyList,
  rightmostUntrusted,
} from '../../src/http/client-address.js';
import { request, startApp } from './http-app.js';

const from = (peer: string, headers: IncomingHttpHeaders): IncomingMessage =>
  ({ socket: { remoteAddress: peer }, headers }) as unknown as IncomingMessage;
const read = (proxies: readonly string[], peer: string, headers: IncomingHttpHeaders): Client =>
  createClientReader(proxies, () => undefined)(from(peer, headers));

describe('client address', () => {
  it.each([
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:0a00:0001', '10.0.0.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['10.0.0.1', '10.0.0.1'],
    ['010.0.0.1', undefined],
    ['evil', undefined],
    ['', undefined],
  ])('knows one spelling of %s', (text, expected) => {
    expect(normalizeAddress(text)).toBe(expected);
  });

  it('believes nobody by default', () => {
    expect(read([], '9.9.9.9', { 'x-forwarded-for': '1.1.1.1', 'x-forwarded-proto': 'https' })).toEqual({
      address: '9.9.9.9',
      secure: false,
      trusted: false,
    });
  });

  it.each([
    ['one hop', '1.1.1.1', '1.1.1.1'],
    ['what the client forged stands to the left', '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    ['our own proxies are stepped over', '1.1.1.1, 10.0.0.7', '1.1.1.1'],
    ['all hops are ours', '10.0.0.8, 10.0.0.7', '10.0.0.8'],
    ['a malformed entry ends at the last proxy known', '1.1.1.1, evil, 10.0.0.7', '10.0.0.7'],
    ['an empty entry too', '1.1.1.1, ', '10.0.0.1'],
    ['`unknown` too', 'unknown', '10.0.0.1'],
    ['an address with a port', '1.1.1.1:4711', '1.1.1.1'],
    ['IPv6 in brackets', '[2001:DB8::1]:4711', '2001:db8::1'],
    ['IPv4 mapped into IPv6', '::ffff:1.1.1.1', '1.1.1.1'],
    ['nothing', '', '10.0.0.1'],
  ])('of a declared proxy: %s', (_what, forwardedFor, expected) => {
    const headers = { 'x-forwarded-for': forwardedFor };
    expect(read(['10.0.0.0/8'], '::ffff:10.0.0.1', headers).address).toBe(expected);
  });

  it('takes the right-most X-Forwarded-Proto of a declared proxy alone', () => {
    const secure = (proto: string, peer = '10.0.0.1'): boolean =>
      read(['10.0.0.0/8'], peer, { 'x-forwarded-proto': proto }).secure;
    expect(secure('https')).toBe(true);
    expect(secure('HTTPS')).toBe(true);
    expect(secure('https, http')).toBe(false);
    expect(secure('http, https')).toBe(true);
    expect(secure('https', '9.9.9.9')).toBe(false);
    expect(secure('wss')).toBe(false);
  });

  it('never reads Forwarded, X-Real-IP or X-Forwarded-Host', () => {
    const headers = {
      forwarded: 'for=1.1.1.1;proto=https',
      'x-real-ip': '1.1.1.1',
      'x-forwarded-host': 'evil',
    };
    expect(read(['10.0.0.0/8'], '10.0.0.1', headers)).toEqual({
      address: '10.0.0.1',
      secure: false,
      trusted: true,
    });
  });

  it('tells of an undeclared proxy once', () => {
    const told: string[] = [];
    const reader = createClientReader(['10.0.0.0/8'], (peer) => void told.push(peer));
    reader(from('10.0.0.1', { 'x-forwarded-for': '1.1.1.1' }));
    reader(from('9.9.9.9', {}));
    expect(told).toEqual([]);
    for (let times = 0; times < 3; times += 1) reader(from('9.9.9.9', { 'x-forwarded-for': '1.1.1.1' }));
    expect(told).toEqual(['9.9.9.9']);
  });

  it.each(['0.0.0.0/0', 'all', '10.0.0.0/33', '10.0.0.0/', '::/0', '10.0.0.0/x'])(
    'refuses %s as a proxy',
    (range) => {
      expect(() => proxyList([range])).toThrow('TRUSTED_PROXIES');
    },
  );

  it('gives an address or the peer, whatever the header holds', () => {
    const proxies = proxyList(['10.0.0.0/8', 'fd00::/8']);
    const entry = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('10.1.1.1', 'fd00::1', ''),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
        const address = rightmostUntrusted('10.0.0.1', entries.join(','), proxies);
        expect(normalizeAddress(address)).toBe(address);
      }),
      { numRuns: 500 },
    );
  });

  it('joins repeated lines on the wire and takes X-Request-ID of a declared proxy only', async () => {
    const declared = await startApp({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    const lone = await startApp();
    const headers = {
      'X-Forwarded-For': '6.6.6.6\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 10.0.0.2',
      'X-Request-ID': 'abc_1',
    };
    const answer = await request(declared.port, { headers });
    expect(answer.headers['x-request-id']).toBe('abc_1');
    expect(declared.lines.at(-1)).toMatchObject({ address: '1.1.1.1', request_id: 'abc_1' });
    for (const id of ['a b', 'a'.repeat(65), 'a"b', '']) {
      const other = await request(declared.port, { headers: { 'X-Request-ID': id } });
      expect(other.headers['x-request-id']).not.toBe(id);
    }
    const stranger = await request(lone.port, { headers });
    expect(stranger.headers['x-request-id']).not.toBe('abc_1');
    expect(lone.lines.at(-1)).toMatchObject({ address: '127.0.0.1' });
    expect(lone.lines.filter((line) => line['level'] === 40)).toHaveLength(1);
    await Promise.all([declared.app.close(), lone.app.close()]);
  });
});
