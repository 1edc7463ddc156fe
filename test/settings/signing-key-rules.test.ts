import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JwtAlgorithm } from '../../src/settings/settings.js';
import { signingKeyFindings, withRealLineEnds } from '../../src/settings/signing-key-rules.js';

const pem = ({ privateKey }: { privateKey: KeyObject }) =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicPem = (text: string) => createPublicKey(text).export({ type: 'spki', format: 'pem' }).toString();

const pss = (digest: string, saltLength: number) =>
  pem(
    generateKeyPairSync('rsa-pss', {
      modulusLength: 3072,
      hashAlgorithm: digest,
      mgf1HashAlgorithm: digest,
      // @types/node says string, Node takes a number.
      saltLength: saltLength as unknown as string,
    }),
  );

const keys = {
  p256: pem(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  p384: pem(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
  k256: pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })),
  ed25519: pem(generateKeyPairSync('ed25519')),
  ed448: pem(generateKeyPairSync('ed448')),
  x25519: pem(generateKeyPairSync('x25519')),
  rsa1024: pem(generateKeyPairSync('rsa', { modulusLength: 1024 })),
  rsa2048: pem(generateKeyPairSync('rsa', { modulusLength: 2048 })),
  rsa3072: pem(generateKeyPairSync('rsa', { modulusLength: 3072 })),
  pss: pss('sha256', 32),
  pss512: pss('sha512', 64),
  pssSalt: pss('sha256', 48),
} as const;
type KeyName = keyof typeof keys;

const rsaOnly = 'an RSA key of the kind rsa, not rsa-pss';

const levels = (text: string, algorithm: JwtAlgorithm) =>
  signingKeyFindings(text, algorithm).map(({ level }) => level);

describe('signingKeyFindings', () => {
  it.each<[JwtAlgorithm, KeyName]>([
    ['ES256', 'p256'],
    ['EdDSA', 'ed25519'],
    ['PS256', 'rsa3072'],
    ['RS256', 'rsa3072'],
  ])('%s takes %s', (algorithm, key) => {
    expect(signingKeyFindings(keys[key], algorithm)).toEqual([]);
    expect(signingKeyFindings(withRealLineEnds(keys[key].replaceAll('\n', '\\n')), algorithm)).toEqual([]);
    expect(signingKeyFindings(withRealLineEnds(keys[key].replaceAll('\n', '\\r\\n')), algorithm)).toEqual([]);
    expect(signingKeyFindings(keys[key].replaceAll('\n', '\r\n'), algorithm)).toEqual([]);
  });

  it.each<[JwtAlgorithm, KeyName, string]>([
    ['ES256', 'p384', 'is a key of the kind ec secp384r1; ES256 needs an EC key on the curve P-256.'],
    ['ES256', 'k256', 'is a key of the kind ec secp256k1; ES256 needs an EC key on the curve P-256.'],
    ['ES256', 'ed25519', 'is a key of the kind ed25519; ES256 needs an EC key on the curve P-256.'],
    ['ES256', 'rsa3072', 'is a key of the kind rsa; ES256 needs an EC key on the curve P-256.'],
    ['EdDSA', 'ed448', 'is a key of the kind ed448; EdDSA needs an Ed25519 key.'],
    ['EdDSA', 'x25519', 'is a key of the kind x25519; EdDSA needs an Ed25519 key.'],
    ['RS256', 'pss', 'is a key of the kind rsa-pss; RS256 needs an RSA key.'],
    ['PS256', 'pss', `is a key of the kind rsa-pss; PS256 needs ${rsaOnly}.`],
    ['PS256', 'pss512', `is a key of the kind rsa-pss; PS256 needs ${rsaOnly}.`],
    ['PS256', 'pssSalt', `is a key of the kind rsa-pss; PS256 needs ${rsaOnly}.`],
    ['PS256', 'p256', `is a key of the kind ec prime256v1; PS256 needs ${rsaOnly}.`],
  ])('%s refuses %s everywhere', (algorithm, key, problem) => {
    const [finding, ...rest] = signingKeyFindings(keys[key], algorithm);
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ name: 'SECURITY_JWT_SECRET_KEY', problem, level: 'always' });
  });

  it('mends a key of another algorithm by naming that one', () => {
    expect(signingKeyFindings(keys.ed25519, 'ES256')[0]?.mend).toBe('SECURITY_JWT_ALGORITHM=EdDSA');
    const freshRsa =
      'openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out jwt-key.pem, then SECURITY_JWT_SECRET_KEY_FILE=./jwt-key.pem alone';
    expect(signingKeyFindings(keys.pss, 'PS256')[0]?.mend).toBe(freshRsa);
    expect(signingKeyFindings(keys.p384, 'ES256')[0]?.mend).toBe(
      'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out jwt-key.pem, then SECURITY_JWT_SECRET_KEY_FILE=./jwt-key.pem alone',
    );
  });

  it('refuses RSA under 2048 bits everywhere and under 3072 where it is strict', () => {
    for (const algorithm of ['PS256', 'RS256'] as const) {
      expect(levels(keys.rsa1024, algorithm)).toEqual(['always']);
      expect(levels(keys.rsa2048, algorithm)).toEqual(['strict']);
      expect(signingKeyFindings(keys.rsa2048, algorithm)[0]?.problem).toContain('is an RSA key of 2048 bits');
    }
  });

  it('refuses a public key, a locked one, and what is no key', () => {
    const locked = generateKeyPairSync('ed25519').privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    });
    const problem = (text: string) => signingKeyFindings(text, 'EdDSA')[0];
    expect(problem(publicPem(keys.ed25519))?.problem).toBe(
      'is a public key; EdDSA signs with the private one.',
    );
    expect(problem(publicPem(keys.ed25519))?.level).toBe('always');
    expect(problem(locked.toString())?.problem).toContain('is a private key under a passphrase');
    expect(problem('tRq8Vw2Zk5Nf7Xc1Lp9Hd4Js6Gm3Yb0Q')?.problem).toContain(
      'is not a private key in PEM form',
    );
    expect(problem('tRq8Vw2Zk5Nf7Xc1Lp9Hd4Js6Gm3Yb0Q')?.level).toBe('always');
  });

  it.each<[string, string]>([
    ['a private PEM', keys.p256],
    ['a public PEM', publicPem(keys.rsa3072)],
    ['an escaped PEM', publicPem(keys.rsa3072).replaceAll('\n', '\\n')],
    ['a PEM behind other text', `x\n${publicPem(keys.rsa3072)}`],
    ['a PEM in base64', Buffer.from(publicPem(keys.rsa3072)).toString('base64')],
    ['an OpenSSH key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'],
    ['a JWK', JSON.stringify(createPublicKey(keys.p256).export({ format: 'jwk' }))],
  ])('refuses %s under HS256 everywhere: algorithm confusion (RFC 8725 §3.1)', (_, text) => {
    expect(levels(text, 'HS256')).toEqual(['always']);
  });

  it('names the algorithm that a private PEM under HS256 was meant for', () => {
    expect(signingKeyFindings(keys.p256, 'HS256')[0]?.mend).toBe('SECURITY_JWT_ALGORITHM=ES256');
    expect(signingKeyFindings(keys.ed25519, 'HS256')[0]?.mend).toBe('SECURITY_JWT_ALGORITHM=EdDSA');
  });

  it('leaves an HS256 secret unchanged, and tells of blanks around it', () => {
    expect(withRealLineEnds('ab\\ncd')).toBe('ab\\ncd');
    expect(signingKeyFindings('tRq8Vw2Zk5Nf7Xc1Lp9Hd4Js6Gm3Yb0Q\n', 'HS256')).toMatchObject([
      { level: 'warning' },
    ]);
  });

  it('never tells a piece of the key', () => {
    for (const key of Object.values(keys))
      for (const algorithm of ['HS256', 'ES256', 'EdDSA', 'PS256', 'RS256'] as const)
        expect(JSON.stringify(signingKeyFindings(key, algorithm))).not.toContain(key.slice(40, 60));
  });
});
