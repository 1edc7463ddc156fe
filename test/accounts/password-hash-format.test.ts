import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bcryptInput,
  encodeSalt,
  formatPasswordHash,
  parsePasswordHash,
  planVerification,
  schemeFor,
} from '../../src/accounts/password-hash-format.js';

const salt = 'n79VH.0Q2TMWmt3Oqt9uku';
const digest = 'Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2';

describe('the form of a stored password', () => {
  it('is bcrypt up to 72 bytes, bcrypt-sha256 beyond them and with a NUL', () => {
    expect(schemeFor('x'.repeat(72))).toBe('bcrypt');
    expect(schemeFor('x'.repeat(73))).toBe('bcrypt-sha256');
    expect(schemeFor('ü'.repeat(36))).toBe('bcrypt');
    expect(schemeFor(`${'ü'.repeat(36)}x`)).toBe('bcrypt-sha256');
    expect(schemeFor('pass\0word')).toBe('bcrypt-sha256');
  });

  it.each([
    [`$2b$12$${salt}${digest}`, { scheme: 'bcrypt', variant: '2b', cost: 12, salt, digest }],
    [`$2a$05$${salt}${digest}`, { scheme: 'bcrypt', variant: '2a', cost: 5, salt, digest }],
    [`$2y$12$${salt}${digest}`, { scheme: 'bcrypt', variant: '2y', cost: 12, salt, digest }],
    [
      `$bcrypt-sha256$v=2,t=2b,r=12$${salt}$${digest}`,
      { scheme: 'bcrypt-sha256', variant: '2b', cost: 12, salt, digest },
    ],
  ])('reads %s', (text, parsed) => expect(parsePasswordHash(text)).toEqual(parsed));

  it.each([
    '',
    'secret',
    `$2x$12$${salt}${digest}`,
    `$2b$03$${salt}${digest}`,
    `$2b$32$${salt}${digest}`,
    `$2b$4$${salt}${digest}`,
    `$2b$12$${salt}${digest}\n`,
    `$2b$12$${salt}${digest}x`,
    `$2b$12$${salt.slice(0, 21)}v${digest}`,
    `$bcrypt-sha256$2b,12$${salt}$${digest}`,
    `$bcrypt-sha256$v=1,t=2b,r=12$${salt}$${digest}`,
    `$bcrypt-sha256$v=2,t=2a,r=12$${salt}$${digest}`,
    `$bcrypt-sha256$v=2,t=2b,r=012$${salt}$${digest}`,
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA',
  ])('takes %j for no hash', (text) => expect(parsePasswordHash(text)).toBeUndefined());

  it('writes what it reads', () => {
    for (const scheme of ['bcrypt', 'bcrypt-sha256'] as const) {
      const text = formatPasswordHash(scheme, 12, salt + digest);
      expect(parsePasswordHash(text)).toMatchObject({ scheme, cost: 12, salt, digest });
    }
    expect(formatPasswordHash('bcrypt', 4, salt + digest)).toBe(`$2b$04$${salt}${digest}`);
    expect(formatPasswordHash('bcrypt-sha256', 4, salt + digest)).toBe(
      `$bcrypt-sha256$v=2,t=2b,r=4$${salt}$${digest}`,
    );
  });

  it('encodes sixteen bytes to 22 characters whose last one bcrypt and passlib read alike', () => {
    expect(encodeSalt(new Uint8Array(16).fill(1))).toBe('.OC/.OC/.OC/.OC/.OC/.O');
    const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(sixteen, (bytes) => {
        expect(encodeSalt(bytes)).toMatch(/^[./A-Za-z0-9]{21}[.Oeu]$/);
      }),
    );
  });

  it('never hands bcrypt what it would cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 128 }), (password) => {
        const input = bcryptInput(schemeFor(password), password, salt);
        expect(Buffer.byteLength(input)).toBeLessThanOrEqual(72);
        expect(input).not.toContain('\0');
      }),
    );
  });
});

describe('one check of a password', () => {
  const weight = (password: string, hash: string | undefined, rounds: number): number => {
    const { first, topUp } = planVerification(password, hash, rounds);
    return [first, ...topUp].reduce((sum, { cost }) => sum + 2 ** cost, 0);
  };

  it.each([
    ['an unknown account', 'secret', undefined],
    ['a stored text that is no hash', 'secret', 'plain'],
    ['a hash of today', 'secret', `$2b$12$${salt}${digest}`],
    ['an older, cheaper hash', 'secret', `$2b$10$${salt}${digest}`],
    ['the cheapest hash', 'secret', `$2b$04$${salt}${digest}`],
    ['a long password for a short one', 'x'.repeat(100), `$2b$12$${salt}${digest}`],
    ['a long password', 'x'.repeat(100), `$bcrypt-sha256$v=2,t=2b,r=12$${salt}$${digest}`],
    ['an empty password', '', `$2b$12$${salt}${digest}`],
  ])('weighs exactly one full hash: %s', (_, password, hash) =>
    expect(weight(password, hash, 12)).toBe(2 ** 12),
  );

  it('gives a match no worth where bcrypt would have cut the password', () => {
    const plain = `$2b$12$${salt}${digest}`;
    expect(planVerification('x'.repeat(72), plain, 12).counts).toBe(true);
    expect(planVerification('x'.repeat(73), plain, 12).counts).toBe(false);
    expect(planVerification('x\0y', plain, 12).counts).toBe(false);
    expect(planVerification('x', undefined, 12).counts).toBe(false);
  });
});
