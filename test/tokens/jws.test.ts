import { createHmac, createPublicKey, generateKeyPairSync, timingSafeEqual } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createCompactJws } from '../../src/tokens/jws.js';
import type { SigningKey } from '../../src/tokens/signing-keys.js';
import { encode, everyAlgorithm, forge, keyFor, keyFrom, keyTexts } from './support.js';

const payload = { sub: 'somebody', exp: 1 };
let hs256: SigningKey;
beforeAll(async () => {
  hs256 = await keyFor('HS256');
});

const verify = (token: unknown) => createCompactJws(hs256, 'at+jwt').verify(token);
const header = (more: object = {}) => ({ alg: 'HS256', typ: 'at+jwt', ...more });

describe.each(everyAlgorithm)('%s', (name) => {
  it('gives back what it signed', async () => {
    const jws = createCompactJws(await keyFor(name), 'at+jwt');
    expect(jws.verify(jws.sign(payload))).toEqual(payload);
  });

  it('refuses every other algorithm name over its own signature', async () => {
    const key = await keyFor(name);
    const jws = createCompactJws(key, 'at+jwt');
    const others = [
      'none',
      'None',
      'NONE',
      'nOnE',
      '',
      'hs256',
      'HS384',
      'HS512',
      'ES384',
      'Ed448',
      ...everyAlgorithm,
    ];
    for (const alg of [...others, undefined, null, 1, true, [name], { alg: name }, `${name} `, `${name}\0`]) {
      const token = forge(key, { alg, typ: 'at+jwt' }, payload);
      expect(jws.verify(token) !== undefined, String(alg)).toBe(alg === name);
    }
  });

  it('refuses a token without its signature', async () => {
    const jws = createCompactJws(await keyFor(name), 'at+jwt');
    const [head, body] = jws.sign(payload).split('.');
    for (const token of [
      `${head}.${body}.`,
      `${head}.${body}`,
      `${encode({ alg: 'none', typ: 'at+jwt' })}.${body}.`,
    ]) {
      expect(jws.verify(token)).toBeUndefined();
    }
  });
});

it('takes Ed25519 by both its names and writes EdDSA (RFC 9864)', async () => {
  const key = await keyFor('EdDSA');
  const jws = createCompactJws(key, 'at+jwt');
  expect(jws.verify(forge(key, { alg: 'Ed25519', typ: 'at+jwt' }, payload))).toEqual(payload);
  const [head = ''] = jws.sign(payload).split('.');
  expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({
    alg: 'EdDSA',
    typ: 'at+jwt',
    kid: key.kid,
  });
});

it('the public key does not serve as an HMAC secret (RFC 8725 §2.1)', async () => {
  const key = await keyFor('RS256');
  const publicKey = createPublicKey(keyTexts.RS256);
  for (const [type, format] of [
    ['spki', 'pem'],
    ['pkcs1', 'pem'],
    ['spki', 'der'],
  ] as const) {
    const secret = publicKey.export({ type, format } as { type: 'spki'; format: 'pem' });
    const input = `${encode(header())}.${encode(payload)}`;
    const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    expect(createCompactJws(key, 'at+jwt').verify(token)).toBeUndefined();
  }
});

it('verifies RFC 7515 A.1 whole, line ends in the header and all', async () => {
  const octets = Buffer.from(
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    'base64url',
  );
  const sign = (text: string) => createHmac('sha256', octets).update(text).digest();
  const key: SigningKey = {
    ...hs256,
    sign,
    verify: (text, signature) => timingSafeEqual(sign(text), signature),
  };
  const token =
    'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  expect(createCompactJws(key, 'JWT').verify(token)).toEqual({
    iss: 'joe',
    exp: 1300819380,
    'http://example.com/is_root': true,
  });
  expect(createCompactJws(key, 'at+jwt').verify(token)).toBeUndefined();
});

describe('header (RFC 8725)', () => {
  it('may be spelt otherwise than ours', () => {
    for (const typ of ['at+jwt', 'AT+JWT', 'At+Jwt', 'application/at+jwt', 'APPLICATION/AT+JWT']) {
      expect(verify(forge(hs256, { typ, alg: 'HS256' }, payload)), typ).toEqual(payload);
    }
    expect(
      verify(forge(hs256, `{ "alg" : "HS256",\r\n"typ":"at+jwt","kid":"${hs256.kid}" }`, payload)),
    ).toEqual(payload);
  });

  it.each([
    undefined,
    null,
    'JWT',
    'jwt',
    '',
    'at+jwt ',
    'rt+jwt',
    'application/jwt',
    'text/at+jwt',
    'at+jwt;x=y',
    'AT+JWT\0',
    'application/application/at+jwt',
    ['at+jwt'],
    1,
  ])('of type %j is refused', (typ) =>
    expect(verify(forge(hs256, { alg: 'HS256', typ }, payload))).toBeUndefined(),
  );

  it.each([
    ['crit', ['exp']],
    ['crit', []],
    ['crit', null],
    ['b64', false],
    ['b64', true],
    ['jwk', { kty: 'oct', k: 'AAAA' }],
    ['jku', 'https://evil.example/jwks.json'],
    ['x5u', 'https://evil.example/cert.pem'],
    ['x5c', ['MIIB']],
    ['x5t', 'AAAA'],
    ['x5t#S256', 'AAAA'],
    ['kid', 'foreign'],
    ['kid', ''],
    ['kid', null],
    ['kid', ['x']],
    ['kid', '../../../../dev/null'],
    ['kid', "' or '1'='1"],
  ])('with %s %j is refused', (member, value) => {
    expect(verify(forge(hs256, header({ [member]: value }), payload))).toBeUndefined();
  });

  it('names a member once only', () => {
    for (const text of [
      '{"alg":"none","alg":"HS256","typ":"at+jwt"}',
      '{"alg":"HS256","typ":"JWT","typ":"at+jwt"}',
      '{"alg":"HS256","typ":"at+jwt","x":{"a":[{"b":1,"\\u0062":2}]}}',
      '{"alg":"HS256","typ":"at+jwt","__proto__":{},"__proto__":{}}',
    ]) {
      expect(verify(forge(hs256, text, payload)), text).toBeUndefined();
    }
    expect(
      verify(forge(hs256, '{"alg":"HS256", "typ":"at+jwt","x":{"alg":[":","alg:",{"alg":1}]}}', payload)),
    ).toEqual(payload);
  });

  it('takes no member from a prototype', () => {
    expect(verify(forge(hs256, '{"__proto__":{"alg":"HS256","typ":"at+jwt"}}', payload))).toBeUndefined();
  });

  it.each([
    '',
    'null',
    '[]',
    '"x"',
    '1',
    '{',
    '{"alg":"HS256","typ":"at+jwt"}x',
    '\ufeff{"alg":"HS256","typ":"at+jwt"}',
  ])('that is %j is refused', (text) => expect(verify(forge(hs256, text, payload))).toBeUndefined());
});

describe('payload', () => {
  it.each(['', 'null', '[]', '[{}]', '"x"', '1', '{', '{"a":1}{', '\ufeff{}', '{"a":1,"a":2}', '{"a":NaN}'])(
    'that is %j is refused under a good signature',
    (text) => expect(verify(forge(hs256, header(), text))).toBeUndefined(),
  );

  it('of invalid UTF-8 is refused', () => {
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
      const text = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
      const input = `${encode(header())}.${text.toString('base64url')}`;
      expect(verify(`${input}.${hs256.sign(input).toString('base64url')}`)).toBeUndefined();
    }
  });

  it('nested as deep as 8 KB allow ends in an answer', () => {
    const deep = `{"a":${'['.repeat(2900)}${']'.repeat(2900)}}`;
    expect(() => verify(forge(hs256, header(), deep))).not.toThrow();
    expect(verify(forge(hs256, header(), '['.repeat(5000)))).toBeUndefined();
  });
});

describe('compact form', () => {
  it('is exactly three parts of canonical base64url, at most 8 KB', () => {
    const jws = createCompactJws(hs256, 'at+jwt');
    const good = jws.sign(payload);
    const [head = '', body = '', signature = ''] = good.split('.');
    // 32 bytes leave two bits of the last character unused: its neighbour decodes to the same bytes.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.slice(-1)) + 1];
    expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
    const bad = [
      `${head}.${body}.${twin}`,
      `${good}.`,
      `.${good}`,
      `${good}=`,
      `${good}.x`,
      `${head}..${signature}`,
      `${head}.${body}.${signature}.${signature}`,
      ` ${good}`,
      `${good} `,
      `${good}\n`,
      `${head}.${body} .${signature}`,
      `${head}=.${body}.${signature}`,
      `${head}.${body}.${signature.slice(0, 5)}+${signature.slice(6)}`,
      `${head}.${body}.${signature.slice(0, 5)}/${signature.slice(6)}`,
      `${head}.${body}.${signature}\0`,
      `${head}.${body.slice(0, -1)}${String.fromCharCode(body.charCodeAt(body.length - 1) + 256)}.${signature}`,
      '',
      '.',
      '..',
      '...',
    ];
    for (const token of bad) expect(jws.verify(token), JSON.stringify(token)).toBeUndefined();
    expect(jws.verify(jws.sign({ fill: 'x'.repeat(5900) }))).toBeDefined();
    expect(jws.verify(jws.sign({ fill: 'x'.repeat(6100) }))).toBeUndefined();
  });

  it('never throws, and takes nothing that it did not sign', () => {
    const jws = createCompactJws(hs256, 'at+jwt');
    const good = jws.sign(payload);
    const anything = fc.oneof(
      fc.anything(),
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.base64String(),
    );
    fc.assert(fc.property(anything, (token) => jws.verify(token) === undefined));
    const place = fc.nat({ max: good.length - 1 });
    fc.assert(
      fc.property(
        place,
        fc.string({ unit: 'binary', maxLength: 3 }),
        fc.nat({ max: 3 }),
        (at, piece, cut) => {
          const mutated = good.slice(0, at) + piece + good.slice(at + cut);
          return mutated === good || jws.verify(mutated) === undefined;
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each(['HS256', 'ES256', 'EdDSA'] as const)('of another key is refused (%s)', async (name) => {
    const jws = createCompactJws(await keyFor(name), 'at+jwt');
    const stranger = await strangersKey(name);
    expect(jws.verify(createCompactJws(stranger, 'at+jwt').sign(payload))).toBeUndefined();
    // Without a kid, or under ours, the signature itself must fail.
    expect(jws.verify(forge(stranger, { alg: name, typ: 'at+jwt' }, payload))).toBeUndefined();
    expect(
      jws.verify(forge(stranger, { alg: name, typ: 'at+jwt', kid: (await keyFor(name)).kid }, payload)),
    ).toBeUndefined();
  });
});

function strangersKey(name: 'HS256' | 'ES256' | 'EdDSA'): Promise<SigningKey> {
  if (name === 'HS256') return keyFrom(name, 'another secret of more than 32 characters');
  const { privateKey } =
    name === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return keyFrom(name, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}
