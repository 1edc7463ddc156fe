import { createPublicKey, generateKeyPairSync, type JsonWebKey, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeEachServer } from '../support/wire.js';

const metadata = {
  issuer: 'http://127.0.0.1',
  token_endpoint: 'http://127.0.0.1/auth/token',
  revocation_endpoint: 'http://127.0.0.1/auth/revoke',
  jwks_uri: 'http://127.0.0.1/.well-known/jwks.json',
  grant_types_supported: ['password', 'refresh_token'],
  response_types_supported: [],
};

describeEachServer('discovery with HS256', {}, (get) => {
  it('shows no symmetric key, and where the endpoints are (RFC 8414)', async () => {
    const keys = await get().call('GET', '/.well-known/jwks.json');
    expect([keys.status, keys.json]).toEqual([200, { keys: [] }]);
    const answer = await get().call('GET', '/.well-known/oauth-authorization-server');
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject(metadata);
    expect((await get().call('GET', '/.well-known/security.txt')).status).toBe(404);
  });
});

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;

for (const [algorithm, key] of [
  ['ES256', p256],
  ['EdDSA', ed25519],
] as const) {
  const pem = String(key.export({ type: 'pkcs8', format: 'pem' }));
  // As a line of .env holds it.
  const env = { SECURITY_JWT_ALGORITHM: algorithm, SECURITY_JWT_SECRET_KEY: pem.replaceAll('\n', '\\n') };
  describeEachServer(`discovery with ${algorithm}`, { env }, (get) => {
    it('shows the one public key, by which anybody verifies a token', async () => {
      const { json } = await get().call('GET', '/.well-known/jwks.json');
      expect(json.keys).toHaveLength(1);
      const [jwk] = json.keys as [JsonWebKey & { kid: string; d?: string }];
      expect(jwk.d).toBeUndefined();
      const { access_token: token } = await get().person();
      const [header = '', payload = '', signature = ''] = token.split('.');
      const { kid, alg } = JSON.parse(Buffer.from(header, 'base64url').toString());
      expect([kid, alg]).toEqual([jwk.kid, algorithm]);
      const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
      const data = Buffer.from(`${header}.${payload}`);
      const hash = algorithm === 'ES256' ? 'sha256' : null;
      const how = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
      expect(verify(hash, data, how, Buffer.from(signature, 'base64url'))).toBe(true);
      expect((await get().call('GET', '/users/me', { token })).status).toBe(200);
    });
  });
}
