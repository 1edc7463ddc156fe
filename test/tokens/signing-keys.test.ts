import { createHmac, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/base/errors.js';
import { type LoadedSettings, loadSettings } from '../../src/settings/load-settings.js';
import { SettingsRefused } from '../../src/settings/refusals.js';
import type { JwtAlgorithm } from '../../src/settings/settings.js';
import { jwks } from '../../src/tokens/jwks.js';
import { loadSigningKey, type SigningKey } from '../../src/tokens/signing-keys.js';
import { everyAlgorithm, hs256Secret, keyFor, keyFrom, keyTexts } from './support.js';

describe('HS256', () => {
  it('uses the UTF-8 bytes of the setting unchanged', async () => {
    const secret = ' pässwörd with blanks and a \\n that stays ';
    const key = await keyFrom('HS256', secret);
    expect(key.sign('a.b')).toEqual(createHmac('sha256', Buffer.from(secret, 'utf8')).update('a.b').digest());
  });

  it('publishes no key, and its kid is no hash of the secret', async () => {
    const key = await keyFor('HS256');
    expect(jwks(key)).toEqual({ keys: [] });
    const thumbprint = await calculateJwkThumbprint({
      kty: 'oct',
      k: Buffer.from(hs256Secret).toString('base64url'),
    });
    expect(key.kid).not.toBe(thumbprint);
    expect(key.kid).toBe((await keyFor('HS256')).kid);
  });
});

describe.each(everyAlgorithm.filter((name) => name !== 'HS256'))('%s', (name) => {
  it('publishes the public half alone, under its RFC 7638 thumbprint', async () => {
    const key = await keyFor(name);
    const [published] = jwks(key).keys;
    expect(published).toMatchObject({ use: 'sig', alg: name, kid: key.kid });
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(published).not.toHaveProperty(secret);
    const { x, y, crv, e, n, kty } = await exportJWK(createPrivateKey(keyTexts[name]));
    const members = Object.fromEntries(
      Object.entries({ x, y, crv, e, n, kty }).filter(([, v]) => v !== undefined),
    );
    expect(await calculateJwkThumbprint(members as { kty: string })).toBe(key.kid);
  });

  it('takes a PEM with escaped line ends and derives the same keys from it', async () => {
    const plain = await keyFor(name);
    const escaped = await keyFrom(name, keyTexts[name].replaceAll('\n', '\\n'));
    expect(escaped.kid).toBe(plain.kid);
    expect(escaped.derive('purpose')).toEqual(plain.derive('purpose'));
    expect(escaped.derive('purpose')).not.toEqual(plain.derive('other purpose'));
    expect(plain.verify('a.b', escaped.sign('a.b'))).toBe(true);
  });
});

it('reads the older PEM forms too (SEC 1, PKCS#1)', async () => {
  const sec1 = createPrivateKey(keyTexts.ES256).export({ type: 'sec1', format: 'pem' }).toString();
  const pkcs1 = createPrivateKey(keyTexts.RS256).export({ type: 'pkcs1', format: 'pem' }).toString();
  expect((await keyFrom('ES256', sec1)).kid).toBe((await keyFor('ES256')).kid);
  expect((await keyFrom('RS256', pkcs1)).derive('x')).toEqual((await keyFor('RS256')).derive('x'));
});

const pemOf = (key: { export(options: object): string | Buffer }, options: object) =>
  key.export(options).toString();
const p384 = pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, {
  type: 'pkcs8',
  format: 'pem',
});
const ed448 = pemOf(generateKeyPairSync('ed448').privateKey, { type: 'pkcs8', format: 'pem' });
const rsa1024 = pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey, {
  type: 'pkcs8',
  format: 'pem',
});
const publicPem = pemOf(generateKeyPairSync('ed25519').publicKey, { type: 'spki', format: 'pem' });
const locked = pemOf(generateKeyPairSync('ed25519').privateKey, {
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'x',
});

const misfits: [JwtAlgorithm, string, string][] = [
  ['HS256', 'an empty secret', ''],
  ['HS256', 'a private PEM', keyTexts.EdDSA],
  ['HS256', 'a public PEM', publicPem],
  ['ES256', 'plain text', hs256Secret],
  ['ES256', 'an Ed25519 key', keyTexts.EdDSA],
  ['ES256', 'a key on P-384', p384],
  ['EdDSA', 'a public key', publicPem],
  ['EdDSA', 'an encrypted key', locked],
  ['EdDSA', 'an Ed448 key', ed448],
  ['EdDSA', 'a cut PEM', keyTexts.EdDSA.slice(0, 60)],
  ['PS256', 'an EC key', keyTexts.ES256],
  ['PS256', 'RSA under 2048 bits', rsa1024],
  ['RS256', 'RSA under 2048 bits', rsa1024],
];

const rsaPss = (modulusLength: number, digest?: string) =>
  pemOf(
    generateKeyPairSync('rsa-pss', {
      modulusLength,
      ...(digest !== undefined && { hashAlgorithm: digest, mgf1HashAlgorithm: digest }),
    }).privateKey,
    { type: 'pkcs8', format: 'pem' },
  );

/** What an operator may put into SECURITY_JWT_SECRET_KEY, right or wrong. */
const kinds: Readonly<Record<string, string>> = {
  text: hs256Secret,
  'an EC key on P-256': keyTexts.ES256,
  'the same with its line ends escaped': keyTexts.ES256.replaceAll('\n', '\\n'),
  'the same in SEC 1': pemOf(createPrivateKey(keyTexts.ES256), { type: 'sec1', format: 'pem' }),
  'the same behind other lines': `Bag Attributes\n    friendlyName: x\n${keyTexts.ES256}`,
  'an EC key on P-384': p384,
  'an Ed25519 key': keyTexts.EdDSA,
  'an Ed448 key': ed448,
  'a locked key': locked,
  'a public key': publicPem,
  'RSA of 1024 bits': rsa1024,
  'RSA of 2048 bits': keyTexts.RS256,
  'RSA in PKCS#1': pemOf(createPrivateKey(keyTexts.RS256), { type: 'pkcs1', format: 'pem' }),
  'RSA-PSS': rsaPss(2048),
  'RSA-PSS for SHA-256': rsaPss(2048, 'sha256'),
  'RSA-PSS for SHA-512': rsaPss(2048, 'sha512'),
  'a JWK': JSON.stringify(createPrivateKey(keyTexts.ES256).export({ format: 'jwk' })),
  'an OpenSSH key': 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl',
};
const takenBy: Readonly<Record<JwtAlgorithm, readonly string[]>> = {
  HS256: ['text'],
  ES256: [
    'an EC key on P-256',
    'the same with its line ends escaped',
    'the same in SEC 1',
    'the same behind other lines',
  ],
  EdDSA: ['an Ed25519 key'],
  PS256: ['RSA of 2048 bits', 'RSA in PKCS#1'],
  RS256: ['RSA of 2048 bits', 'RSA in PKCS#1'],
};

describe.each(everyAlgorithm)('what settings take for %s, tokens take', (algorithm) => {
  it.each(Object.entries(kinds))('%s', async (kind, text) => {
    const env = {
      ENVIRONMENT: 'development',
      SECURITY_JWT_ALGORITHM: algorithm,
      SECURITY_JWT_SECRET_KEY: text,
    };
    const settings = await loadSettings({ cwd: tmpdir(), env }).catch((error: unknown) => error);
    const key = await keyFrom(algorithm, text).catch((error: unknown) => error);
    if (!takenBy[algorithm].includes(kind)) {
      expect(settings).toBeInstanceOf(SettingsRefused);
      expect(key).toBeInstanceOf(ConfigurationError);
      return;
    }
    const { jwt } = (settings as LoadedSettings).settings;
    const signing = await loadSigningKey(jwt);
    expect(signing.verify('a.b', signing.sign('a.b'))).toBe(true);
    expect((key as SigningKey).kid).toBe(signing.kid);
  });
});

it.each(misfits)('%s refuses %s and says what mends it', async (name, _what, text) => {
  const refused = await keyFrom(name, text).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(ConfigurationError);
  const message = String(refused);
  expect(message).toMatch(/SECURITY_JWT_SECRET_KEY .+ Mend: .{10}/);
  if (text.length > 20) expect(message).not.toContain(text.slice(30, 50));
});
