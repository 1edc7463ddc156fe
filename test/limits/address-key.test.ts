import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKey, networkKey, subnetKey } from '../../src/limits/address-key.js';

const byte = fc.integer({ min: 0, max: 255 });
const hextet = fc.integer({ min: 0, max: 0xffff });
const ipv4 = fc.tuple(byte, byte, byte, byte).map((parts) => parts.join('.'));
const ipv6Parts = fc.array(hextet, { minLength: 8, maxLength: 8 });
const hex = (parts: readonly number[]) => parts.map((part) => part.toString(16));

describe('addressKey', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['[::ffff:203.0.113.7]', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::9]', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['fe80::1%1', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::8', '1:0:0:0::/64'],
    ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
  ])('%s counts as %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  it.each([
    '',
    'unknown',
    'localhost',
    '203.0.113',
    '203.0.113.07',
    '1.2.3.4.5',
    '1.2.3.4:80',
    ':::',
    '[::1',
    '[203.0.113.7]',
    '::1\n',
    '\0',
    '2001:db8::/64x',
  ])('%j is no address: one key for all of these', (address) => {
    expect(addressKey(address)).toBe('unknown');
    expect(networkKey(address)).toBe('unknown');
  });

  it('never throws and makes no fresh key of garbage', () => {
    fc.assert(
      fc.property(
        fc.string(),
        (text) => isIP(text) !== 0 || addressKey(text) === 'unknown' || text.startsWith('['),
      ),
    );
  });

  it('keeps IPv4 whole, mapped in either spelling too', () => {
    fc.assert(
      fc.property(ipv4, (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const hexMapped = `::ffff:${hex([a * 256 + b, c * 256 + d]).join(':')}`;
        expect(addressKey(address)).toBe(address);
        expect(addressKey(`::ffff:${address}`)).toBe(address);
        expect(addressKey(hexMapped)).toBe(address);
      }),
    );
  });

  it('is the same for a whole /64 and differs outside it', () => {
    fc.assert(
      fc.property(ipv6Parts, ipv6Parts, (one, other) => {
        fc.pre(one.slice(0, 5).some((part) => part !== 0));
        const neighbour = [...one.slice(0, 4), ...other.slice(4)];
        fc.pre(neighbour.slice(0, 5).some((part) => part !== 0));
        expect(addressKey(hex(neighbour).join(':'))).toBe(addressKey(hex(one).join(':')));
        const stranger = [...one.slice(0, 3), ((one[3] ?? 0) + 1) & 0xffff, ...one.slice(4)];
        expect(addressKey(hex(stranger).join(':'))).not.toBe(addressKey(hex(one).join(':')));
      }),
    );
  });

  it('does not care where the zeros are cut or how the letters are written', () => {
    fc.assert(
      fc.property(hextet, hextet, fc.integer({ min: 1, max: 6 }), (first, last, zeros) => {
        fc.pre(first !== 0);
        const middle = new Array<number>(6).fill(0);
        const long = hex([first, ...middle, last]).join(':');
        const cut = `${hex([first, ...middle.slice(zeros)]).join(':')}::${last.toString(16)}`;
        expect(addressKey(cut.toUpperCase())).toBe(addressKey(long));
      }),
    );
  });
});

describe('networkKey', () => {
  it.each([
    ['203.0.113.7', '203.0.113.0/24'],
    ['::ffff:203.0.113.7', '203.0.113.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['::1', '0:0:0::/48'],
  ])('%s lies in %s', (address, network) => {
    expect(networkKey(address)).toBe(network);
  });

  it('is what subnetKey says of an IPv6 key, and of no other', () => {
    fc.assert(
      fc.property(ipv6Parts, ipv4, (parts, other) => {
        fc.pre(parts.slice(0, 5).some((part) => part !== 0));
        const key = addressKey(hex(parts).join(':'));
        expect(subnetKey(key)).toBe(networkKey(key));
        expect(subnetKey(addressKey(other))).toBeUndefined();
      }),
    );
    expect(subnetKey(addressKey('::1'))).toBe('0:0:0::/48');
    expect(subnetKey('unknown')).toBeUndefined();
  });

  it('says the same of an address and of its key', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          ipv4,
          ipv6Parts.map((parts) => hex(parts).join(':')),
        ),
        (address) => {
          expect(networkKey(addressKey(address))).toBe(networkKey(address));
        },
      ),
    );
  });
});
