import {
  constants,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  sign,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { algorithms } from '../../src/tokens/algorithms.js';
import { everyAlgorithm, keyFor, keyFrom, keyTexts } from './support.js';

const octets = (text: string) => Buffer.from(text, 'base64url');

/** The published vectors: signing input, signature, key. */
const vectors: { source: string; name: 'HS256' | 'ES256' | 'EdDSA'; key: JsonWebKey; token: string }[] = [
  {
    source: 'RFC 7515 A.1',
    name: 'HS256',
    key: {
      kty: 'oct',
      k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    },
    token:
      'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  },
  {
    source: 'RFC 7515 A.3',
    name: 'ES256',
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
    },
    token:
      'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
  },
  {
    source: 'RFC 8037 A.4',
    name: 'EdDSA',
    key: {
      kty: 'OKP',
      crv: 'Ed25519',
      d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    },
    token:
      'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  },
];

function keysOf(jwk: JsonWebKey) {
  if (jwk.kty === 'oct') {
    const key = createSecretKey(octets(jwk.k ?? ''));
    return { signing: key, verification: key };
  }
  const signing = createPrivateKey({ key: jwk, format: 'jwk' });
  return { signing, verification: createPublicKey(signing) };
}

describe('published JWS vectors', () => {
  it.each(vectors)('$source ($name) verifies', ({ name, key, token }) => {
    const { verification } = keysOf(key);
    const algorithm = algorithms[name];
    const signingInput = token.slice(0, token.lastIndexOf('.'));
    const signature = octets(token.slice(token.lastIndexOf('.') + 1));
    const verify = algorithm.verifier(verification);
    expect(verify(signingInput, signature)).toBe(true);
    expect(verify(`${signingInput}A`, signature)).toBe(false);
    signature[0] = (signature[0] ?? 0) ^ 1;
    expect(verify(signingInput, signature)).toBe(false);
  });

  it.each(vectors.filter(({ name }) => name !== 'ES256'))(
    '$source is what we sign',
    ({ name, key, token }) => {
      const signingInput = token.slice(0, token.lastIndexOf('.'));
      const signature = algorithms[name].signer(keysOf(key).signing)(signingInput);
      expect(`${signingInput}.${signature.toString('base64url')}`).toBe(token);
    },
  );
});

describe.each(everyAlgorithm)('%s', (name) => {
  it('verifies what it signs and nothing else', async () => {
    const key = await keyFor(name);
    const signature = key.sign('header.payload');
    expect(key.verify('header.payload', signature)).toBe(true);
    expect(key.verify('header.Payload', signature)).toBe(false);
  });

  it('refuses empty, short, long and zero signatures without a throw', async () => {
    const key = await keyFor(name);
    const good = key.sign('a.b');
    for (const length of [0, 1, 31, 32, 63, 64, 65, good.length - 1, good.length + 1, 4096]) {
      expect(key.verify('a.b', Buffer.alloc(length))).toBe(false);
      const padded = Buffer.alloc(length);
      good.copy(padded);
      expect(key.verify('a.b', padded)).toBe(length === good.length);
    }
  });
});

it('ES256 takes raw R || S, not the DER form of OpenSSL', async () => {
  const key = await keyFor('ES256');
  const raw = key.sign('a.b');
  expect(raw).toHaveLength(64);
  const integer = (bytes: Buffer) => {
    const value = (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
    return Buffer.concat([Buffer.from([2, value.length]), value]);
  };
  const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
  expect(key.verify('a.b', Buffer.concat([Buffer.from([0x30, body.length]), body]))).toBe(false);
});

it('PS256 wants a salt of 32 octets', async () => {
  const key = await keyFor('PS256');
  for (const saltLength of [0, 20, 31, 32, 33, 222]) {
    const how = { key: keyTexts.PS256, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
    expect(key.verify('a.b', sign('sha256', Buffer.from('a.b'), how)), String(saltLength)).toBe(
      saltLength === 32,
    );
  }
});

it('an RSA key of one padding takes no signature of the other', async () => {
  const [ps256, rs256] = [await keyFrom('PS256', keyTexts.RS256), await keyFor('RS256')];
  expect(ps256.verify('a.b', rs256.sign('a.b'))).toBe(false);
  expect(rs256.verify('a.b', ps256.sign('a.b'))).toBe(false);
});
