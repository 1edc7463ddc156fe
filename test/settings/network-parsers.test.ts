import { describe, expect, it } from 'vitest';
import {
  allowedHost,
  contact,
  isLoopback,
  listenHost,
  origin,
  proxyRange,
  publicUrl,
} from '../../src/settings/network-parsers.js';
import { Unfit } from '../../src/settings/refusals.js';

const place = { name: 'NAME', cwd: '/' };

function refusal(work: () => unknown): Unfit {
  try {
    work();
  } catch (error) {
    if (error instanceof Unfit) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('origin', () => {
  it.each([
    ['https://app.example.org', 'https://app.example.org'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['https://App.Example.org:443', 'https://app.example.org'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['capacitor://localhost', 'capacitor://localhost'],
    ['*', '*'],
  ])('takes %j', (text, value) => {
    expect(origin(text)).toBe(value);
  });

  it.each([
    ['https://app.example.org/', 'without the slash at the end', 'https://app.example.org'],
    ['https://app.example.org/path', 'without a path', 'https://app.example.org'],
    ['https://app.example.org?x', 'without a path', 'https://app.example.org'],
    ['app.example.org', 'does not start with https:// or http://', 'https://app.example.org'],
    ['localhost:3000', 'does not start with https:// or http://', 'https://localhost:3000'],
    ['null', 'any sandboxed page', 'https://null'],
    ['https://*.example.org', 'without wildcards', 'https://app.example.org'],
    ['file:///etc/passwd', 'does not start with https://', 'https://app.example.org'],
    ['javascript:alert(1)', 'does not start with https://', 'https://app.example.org'],
    ['https://user:geheim@app.example.org', 'is not an origin', 'https://app.example.org'],
    ['https:\\\\app.example.org', 'does not start with https://', ''],
    ['https://a b', 'is not an origin', 'https://app.example.org'],
  ])('refuses %j', (text, problem, mend) => {
    const refused = refusal(() => origin(text));
    expect(refused.problem).toContain(problem);
    expect(refused.mend).toContain(mend);
    expect(refused.message + refused.mend).not.toContain('geheim');
  });
});

describe('allowedHost', () => {
  it.each([
    ['API.example.org', 'api.example.org'],
    ['*.example.org', '*.example.org'],
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '[::1]'],
    ['[0:0:0:0:0:0:0:1]', '[::1]'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
    ['*', '*'],
  ])('takes %j', (text, value) => {
    expect(allowedHost(text)).toBe(value);
  });

  it.each([
    ['https://api.example.org/x', 'api.example.org'],
    ['api.example.org:8000', 'api.example.org'],
    ['.example.org', '*.example.org'],
    ['api.example.org/', 'api.example.org'],
    ['a..b', 'api.example.org'],
    ['*.*.org', 'api.example.org'],
    ['a*.org', 'api.example.org'],
    ['1.2.3.400', 'api.example.org'],
    ['-a.org', 'api.example.org'],
    ['a b', 'api.example.org'],
    ['fe80::1%eth0', 'api.example.org'],
  ])('refuses %j and mends it as %j', (text, mend) => {
    const refused = refusal(() => allowedHost(text));
    expect(refused.problem).toContain('without scheme, port and path');
    expect(refused.mend).toBe(mend);
  });
});

describe('proxyRange', () => {
  it.each([
    '10.0.0.5',
    '10.0.0.0/8',
    '192.168.1.0/24',
    '::1',
    'fc00::/7',
    '2400:cb00::/32',
    '::ffff:10.0.0.0/104',
  ])('takes %j', (text) => {
    expect(proxyRange(text)).toBe(text);
  });

  it.each([
    '0.0.0.0/0',
    '::/0',
    '*',
    '0.0.0.0/1',
    '128.0.0.0/1',
    '10.0.0.0/7',
    '2000::/3',
    '::/8',
    '::ffff:0.0.0.0/96',
    '::ffff:0:0/97',
    '0:0:0:0:0:ffff:0:0/95',
    '::ffff:8.0.0.0/103',
  ])('refuses %j: strangers fall into it', (text) => {
    expect(refusal(() => proxyRange(text)).problem).toContain('strangers in so wide a range');
  });

  it.each([
    '10.0.0.0/33',
    '::1/129',
    '10.0.0',
    'proxy.local',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    'fe80::1%1',
    '010.0.0.1',
  ])('refuses %j, which is no range', (text) => {
    expect(refusal(() => proxyRange(text)).problem).toContain('addresses and CIDR ranges stand here');
  });
});

describe('publicUrl', () => {
  it.each([
    ['https://api.example.org', 'https://api.example.org'],
    ['https://API.example.org:443/v1//', 'https://api.example.org/v1'],
    ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000'],
  ])('takes %j as %j', (text, value) => {
    expect(publicUrl(text, place)).toBe(value);
  });
  it.each([
    ['api.example.org', 'starts with https://'],
    ['ftp://x', 'starts with https://'],
    ['https://u:geheim@x', 'user name or password'],
    ['https://x?a', 'query or fragment'],
    ['https://x#a', 'query or fragment'],
  ])('refuses %j', (text, problem) => {
    const refused = refusal(() => publicUrl(text, place));
    expect(refused.problem).toContain(problem);
    expect(refused.message).not.toContain('geheim');
  });
});

describe('listenHost and isLoopback', () => {
  it('takes addresses and names', () => {
    expect(['0.0.0.0', '[::1]', '::', 'localhost'].map((text) => listenHost(text, place))).toEqual([
      '0.0.0.0',
      '::1',
      '::',
      'localhost',
    ]);
    expect(refusal(() => listenHost('http://x:80', place)).problem).toContain('without scheme and port');
  });
  it.each(['localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]', '0:0:0:0:0:0:0:1', 'app.localhost'])(
    'knows %j as loopback',
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );
  it.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    'localhost.evil.org',
    '127.0.0.1.evil.org',
    'notlocalhost',
    'fe80::1%lo',
  ])('knows %j as not loopback', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});

describe('SECURITY_CONTACT', () => {
  it.each(['mailto:security@example.org', 'https://example.org/report?x=1', 'tel:+1-201-555-0123'])(
    'takes %s',
    (text) => {
      expect(contact(text)).toBe(text);
    },
  );

  it.each([
    ['security@example.org', 'mailto:security@example.org'],
    ['http://example.org', 'mailto:security@example.org'],
    ['javascript:alert(1)', 'mailto:security@example.org'],
    ['https://exa mple.org', 'mailto:security@example.org'],
  ])('refuses %s and says what was meant', (text, mend) => {
    expect(() => contact(text)).toThrow(expect.objectContaining({ mend }));
  });
});
