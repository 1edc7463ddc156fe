import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { weaknessOf } from '../../src/settings/secret-strength.js';

const random = 'tRq8Vw2Zk5Nf7Xc1Lp9Hd4Js6Gm3Yb0Q';

describe('weaknessOf', () => {
  it('is content with what our own command, openssl and Python make', () => {
    for (let round = 0; round < 300; round++) {
      expect(weaknessOf(randomBytes(32).toString('base64url'))).toBeUndefined();
      expect(weaknessOf(randomBytes(32).toString('base64'))).toBeUndefined();
      expect(weaknessOf(randomBytes(32).toString('hex'))).toBeUndefined();
      expect(weaknessOf(randomBytes(16).toString('hex'))).toBeUndefined();
    }
  });

  it.each([
    ['', 'has 0 characters; at least 32 are needed.'],
    ['x', 'has 1 character; at least 32 are needed.'],
    [random.slice(1), 'has 31 characters; at least 32 are needed.'],
    ['😀'.repeat(31), 'has 31 characters; at least 32 are needed.'],
  ])('counts code points, as Python does: %j', (secret, problem) => {
    expect(weaknessOf(secret)).toBe(problem);
  });

  it.each([
    `${random}your-secret-key`,
    `${random}YOUR_SECRET_KEY${random}`,
    `${random}Y.o.u.r S-e-c-r-e-t K-e-y`,
    `change-me-${random}`,
    `${random}ＣＨＡＮＧＥＭＥ`,
    'super-secret-jwt-key-12345-super-secret',
    `changethis${random}`,
    `django-insecure-${random}`,
    '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
    'a-string-secret-at-least-256-bits-long',
    'your-256-bit-secret-your-256-bit-secret',
  ])('finds the known sample in %j', (secret) => {
    expect(weaknessOf(secret)).toContain('a sample that everybody knows');
  });

  it.each([
    'a'.repeat(40),
    '0101010101010101010101010101010101010101',
    `${'a'.repeat(32)}bcdfhjkm`,
    ' '.repeat(64),
  ])('finds too few different characters in %j', (secret) => {
    expect(weaknessOf(secret)).toBe('has too few different characters to be random.');
  });

  it.each(['k7Qz9fXw'.repeat(4), 'Tr4ub.Tr4ub.TR4UB.tr4ub.Tr4ub.Tr4', `${'q8Zr5Kw1xT'.repeat(4)}!9`])(
    'finds the repeated piece in %j',
    (secret) => {
      expect(weaknessOf(secret)).toMatch(/said again and again|too few different/);
    },
  );

  it('finds runs', () => {
    expect(weaknessOf('bcdefghijklmnopqrstuvwxyz0234567')).toBe(
      'is a run of neighbouring letters or digits.',
    );
  });

  it('refuses every piece of up to 12 letters that is said three times or more', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 }), (piece) => {
        expect(weaknessOf(piece.repeat(40))).toBeDefined();
      }),
    );
  });

  it('never tells a piece of the secret', () => {
    const secret = `zebra${'quagga'.repeat(8)}`;
    expect(weaknessOf(secret)).not.toMatch(/zebra|quagga/);
  });
});
