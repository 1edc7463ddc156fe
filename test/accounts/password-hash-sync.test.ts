import { describe, expect, it } from 'vitest';
import { hashNow, verifyNow } from '../../src/accounts/password-hash-sync.js';

const salt = 'n79VH.0Q2TMWmt3Oqt9uku';

// Made by passlib 1.7.4 with that salt; the U*U*U*U* row is John the Ripper's.
const passlib: readonly (readonly [string, string, string])[] = [
  ['72 bytes', 'x'.repeat(72), `$2b$04$${salt}r/um9JnWOw/MPIWoaF.zDNJYMZPmnKC`],
  ['71 bytes', 'x'.repeat(71), `$2b$04$${salt}TPs5v/akr9G7.StGNKcvoG6YOr8GaQa`],
  ['UTF-8', 'Grüße-№9', `$2b$04$${salt}tL0VBkqvlUyhNSQ4HnU7qsIvrUTV2x2`],
  ['empty', '', `$2b$04$${salt}CxxWqL15w1NKaYQYWb98WNkgSTfXy/e`],
  ['2a', 'U*U*U*U*', '$2a$05$c92SVSfjeiCD6F2nAD6y0uBpJDjdRkt0EgeC4/31Rf2LUZbDRDE.O'],
  ['2y', 'password', `$2y$04$${salt}Mtd1JXeM0BuVg72u1AjlHVi6ZSGhR/6`],
  ['80 bytes', 'a'.repeat(80), `$bcrypt-sha256$v=2,t=2b,r=4$${salt}$ir0RYDISt1XcdilCvtxEqky.GJsZ22i`],
  ['NUL', 'pass\0word', `$bcrypt-sha256$v=2,t=2b,r=4$${salt}$r55RUieKFONZITaKT0PoJpEvLsdWsZW`],
  ['20 emoji', '🔒'.repeat(20), `$bcrypt-sha256$v=2,t=2b,r=4$${salt}$PjX4I65IpAGPcU0g2ZtcXpkIolYkIwa`],
  ['short, sha256', '', `$bcrypt-sha256$v=2,t=2b,r=4$${salt}$OCcex9ilTIPh5Byenoa0hw8nirQ8h5W`],
];

describe('hashes of passlib', () => {
  it.each(passlib)('verifies %s', (_, password, hash) => {
    expect(verifyNow(password, hash, 4)).toBe(true);
    expect(verifyNow(`${password}x`, hash, 4)).toBe(false);
  });

  it('verifies the example of its documentation, at cost 12', () => {
    const hash = '$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2';
    expect(verifyNow('password', hash, 12)).toBe(true);
    expect(verifyNow('Password', hash, 12)).toBe(false);
  });
});

describe('hashing', () => {
  it('writes $2b$ with a new salt each time', () => {
    const first = hashNow('Correct-Horse-9', 4);
    expect(first).toMatch(/^\$2b\$04\$[./A-Za-z0-9]{53}$/);
    expect(hashNow('Correct-Horse-9', 4)).not.toBe(first);
    expect(verifyNow('Correct-Horse-9', first, 4)).toBe(true);
  });

  it('writes cost 12 as it is asked', () => {
    expect(hashNow('Correct-Horse-9', 12)).toMatch(/^\$2b\$12\$/);
  });

  it.each([
    ['the 73rd byte', `${'x'.repeat(72)}a`, `${'x'.repeat(72)}b`],
    ['the last of 128 emoji', `${'🔒'.repeat(127)}a`, `${'🔒'.repeat(127)}b`],
    ['what follows a NUL', 'before\0after', 'before\0afteR'],
    ['a trailing NUL', 'before\0', 'before'],
    ['a trailing blank', 'before ', 'before'],
    ['a case', 'beforE', 'before'],
    ['an accent composed otherwise', 'caf\u00e9', 'cafe\u0301'],
  ])('tells passwords apart by %s', (_, one, other) => {
    const hash = hashNow(one, 4);
    expect(verifyNow(one, hash, 4)).toBe(true);
    expect(verifyNow(other, hash, 4)).toBe(false);
  });

  it('refuses what another hasher cut: a password over 72 bytes does not open the hash of its beginning', () => {
    const cut = hashNow('x'.repeat(72), 4);
    expect(verifyNow('x'.repeat(73), cut, 4)).toBe(false);
    expect(verifyNow(`${'x'.repeat(72)}\0`, cut, 4)).toBe(false);
  });

  it('answers false to no hash and to what is none', () => {
    for (const hash of [undefined, '', 'nobody', '$2b$04$']) expect(verifyNow('nobody', hash, 4)).toBe(false);
  });
});
