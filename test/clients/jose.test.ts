import { createRemoteJWKSet, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { registerAt, type ServerProcess, startProcess } from './server-process.js';

let server: ServerProcess;
beforeAll(async () => {
  server = await startProcess();
});
afterAll(() => server.stop());

it('a resource server verifies an access token by the remote key set alone', async () => {
  const person = await registerAt(server.url, 'jose_alice');
  const answer = await fetch(`${server.url}/auth/token`, {
    method: 'POST',
    body: new URLSearchParams(person),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`));
  const how = { issuer: server.url, audience: server.url, typ: 'at+jwt', algorithms: ['ES256'] };
  const { payload, protectedHeader } = await jwtVerify(token, keys, how);
  expect(protectedHeader).toEqual(decodeProtectedHeader(token));
  expect(protectedHeader.alg).toBe('ES256');
  expect(Object.keys(payload).sort()).toEqual(['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub']);
  const forged = `${token.slice(0, -8)}${token.endsWith('A') ? 'B' : 'A'}${token.slice(-7)}`;
  await expect(jwtVerify(forged, keys, how)).rejects.toThrow(errors.JWSSignatureVerificationFailed);
});
