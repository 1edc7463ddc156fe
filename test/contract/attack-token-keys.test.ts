import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  generateKeyPairSync,
  type KeyObject,
  constants as openssl,
  sign,
} from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgeHmac, signingInput, type TakenApart, takeApart } from '../support/forged-tokens.js';
import { expectRefusal } from '../support/raw-socket.js';
import { startServer, type TestServer } from '../support/wire.js';

type Algorithm = 'ES256' | 'EdDSA' | 'RS256' | 'PS256';

function makePair(algorithm: Algorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function signAs(algorithm: Algorithm, key: KeyObject, input: string): string {
  const data = Buffer.from(input);
  const how = {
    ES256: { key, dsaEncoding: 'ieee-p1363' as const },
    EdDSA: { key },
    RS256: { key, padding: openssl.RSA_PKCS1_PADDING },
    PS256: { key, padding: openssl.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
  }[algorithm];
  return `${input}.${sign(algorithm === 'EdDSA' ? null : 'sha256', data, how).toString('base64url')}`;
}

/** Whatever an attacker can read may have been taken for an HMAC secret by a careless verifier. */
function publicForms(publicKey: KeyObject, jwks: string): (readonly [string, string | Buffer])[] {
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const jwk = publicKey.export({ format: 'jwk' });
  const parts = [jwk.x, jwk.y, jwk.n, jwk.e].filter((part) => part !== undefined);
  return [
    ['PEM', pem],
    ['PEM without its last line end', pem.trimEnd()],
    ['PEM with CRLF', pem.replaceAll('\n', '\r\n')],
    ['PEM with \\n spelled', pem.replaceAll('\n', '\\n')],
    ['PEM in one line', pem.replaceAll('\n', '')],
    ['PEM body', pem.split('\n').slice(1, -2).join('')],
    ['DER', publicKey.export({ type: 'spki', format: 'der' })],
    ['JWK', JSON.stringify(jwk)],
    ['JWKS as served', jwks],
    ['the served JWK', JSON.stringify(JSON.parse(jwks).keys[0])],
    ...parts.map((part, at) => [`JWK part ${at}`, part] as const),
    ...parts.map((part, at) => [`JWK part ${at} in bytes`, Buffer.from(part, 'base64url')] as const),
    ...(jwk.n === undefined
      ? []
      : [['PKCS#1', publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()] as const]),
  ];
}

it('attack: a server on ES256 refuses ECDSA in DER, which other tools write', async () => {
  const { privateKey } = makePair('ES256');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const env = { SECURITY_JWT_ALGORITHM: 'ES256', SECURITY_JWT_SECRET_KEY: pem };
  const { server, stop } = await startServer('sqlite', { env });
  try {
    const { signed } = takeApart((await server.person()).access_token);
    const der = createSign('sha256').update(signed).sign(privateKey).toString('base64url');
    expectRefusal(await server.call('GET', '/users/me', { token: `${signed}.${der}` }), 401);
  } finally {
    await stop();
  }
});

describe.each<Algorithm>(['ES256', 'EdDSA', 'RS256', 'PS256'])(
  'attack: tokens of a server on %s',
  (algorithm) => {
    const { privateKey, publicKey } = makePair(algorithm);
    let started: Awaited<ReturnType<typeof startServer>>;
    let server: TestServer;
    let own: TakenApart;
    let jwks: string;
    beforeAll(async () => {
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      const env = { SECURITY_JWT_ALGORITHM: algorithm, SECURITY_JWT_SECRET_KEY: pem };
      started = await startServer('sqlite', { env });
      server = started.server;
      own = takeApart((await server.person()).access_token);
      jwks = (await server.call('GET', '/.well-known/jwks.json')).text;
    });
    afterAll(() => started.stop());

    const me = (token: string) => server.call('GET', '/users/me', { token });
    const refused = async (token: string) => expectRefusal(await me(token), 401, 'invalid_credentials');

    it('publishes the public half alone, and passes a faithful signature', async () => {
      expect((await me(own.token)).status).toBe(200);
      expect((await me(signAs(algorithm, privateKey, signingInput(own.header, own.claims)))).status).toBe(
        200,
      );
      const { keys } = JSON.parse(jwks);
      expect(keys).toHaveLength(1);
      expect(Object.keys(keys[0]).filter((name) => /^(d|p|q|dp|dq|qi|oth|k)$/.test(name))).toEqual([]);
      expect(createPublicKey({ key: keys[0], format: 'jwk' }).equals(publicKey)).toBe(true);
      expect(own.header).toEqual({ alg: algorithm, typ: 'at+jwt', kid: keys[0].kid });
    });

    it('takes no public form of its key for an HMAC secret', async () => {
      for (const [, secret] of publicForms(publicKey, jwks))
        for (const [alg, digest] of [
          ['HS256', 'sha256'],
          ['HS384', 'sha384'],
          ['HS512', 'sha512'],
          [algorithm, 'sha256'],
        ] as const) {
          await refused(forgeHmac({ ...own.header, alg }, own.claims, secret, digest));
        }
    });

    it('takes no key that the token brings along', async () => {
      const attacker = makePair(algorithm);
      const jwk = { ...attacker.publicKey.export({ format: 'jwk' }), kid: own.header['kid'] };
      const der = attacker.publicKey.export({ type: 'spki', format: 'der' });
      for (const more of [
        {},
        { jwk },
        { jwk, kid: undefined },
        { kid: 'attacker' },
        { jku: 'http://127.0.0.1:1/jwks.json' },
        { x5c: [der.toString('base64')] },
        { x5u: 'http://127.0.0.1:1/c.pem', 'x5t#S256': createHash('sha256').update(der).digest('base64url') },
      ]) {
        const input = signingInput({ ...own.header, ...more }, own.claims);
        await refused(signAs(algorithm, attacker.privateKey, input));
        // Even beside the server's own signature such a member is not believed.
        if (Object.keys(more).some((name) => name.startsWith('j') || name.startsWith('x')))
          await refused(signAs(algorithm, privateKey, input));
      }
    });

    it('answers to its own alg alone, though the key would fit others', async () => {
      const names = [
        'none',
        'HS256',
        'RS256',
        'RS512',
        'PS256',
        'PS384',
        'ES256',
        'ES256K',
        'ES384',
        'EdDSA',
        'Ed448',
      ];
      for (const alg of names.filter((name) => name !== algorithm))
        await refused(signAs(algorithm, privateKey, signingInput({ ...own.header, alg }, own.claims)));
      if (algorithm === 'RS256' || algorithm === 'PS256') {
        const twin = algorithm === 'RS256' ? 'PS256' : 'RS256';
        for (const alg of [algorithm, twin])
          await refused(signAs(twin, privateKey, signingInput({ ...own.header, alg }, own.claims)));
      }
    });

    it('refuses signatures that mean nothing', async () => {
      const length = Buffer.from(own.signature, 'base64url').length;
      const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
      for (const signature of [
        Buffer.alloc(0),
        Buffer.alloc(1),
        Buffer.alloc(length),
        Buffer.alloc(length, 0xff),
        Buffer.alloc(length - 1),
        Buffer.alloc(length + 1),
        // CVE-2022-21449: r and s are the order of the curve.
        Buffer.concat([order, order]),
        Buffer.concat([Buffer.from(own.signature, 'base64url'), Buffer.alloc(1)]),
      ])
        await refused(`${own.signed}.${signature.toString('base64url')}`);
      for (const alg of ['none', 'None'])
        await refused(`${signingInput({ ...own.header, alg }, own.claims)}.`);
    });

    it('signs nothing with the secret as text: the private PEM is no HMAC key either', async () => {
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      expect(createPrivateKey(pem).equals(privateKey)).toBe(true);
      for (const secret of [pem, pem.trimEnd(), ''])
        await refused(forgeHmac({ ...own.header, alg: 'HS256' }, own.claims, secret));
    });
  },
);
