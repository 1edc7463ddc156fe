import * as client from 'openid-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { registerAt, type ServerProcess, startProcess } from './server-process.js';

let server: ServerProcess;
let config: client.Configuration;
beforeAll(async () => {
  server = await startProcess();
  // OAuth, not OpenID Connect: the metadata of RFC 8414. Plain http must be allowed by name.
  config = await client.discovery(new URL(server.url), 'web', undefined, client.None(), {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
  });
});
afterAll(() => server.stop());

const me = async (token: string) => {
  const response = await client.fetchProtectedResource(
    config,
    token,
    new URL(`${server.url}/users/me`),
    'GET',
  );
  return { status: response.status, body: (await response.json()) as { username: string } };
};

it('openid-client discovers, signs in, calls, refreshes and revokes', async () => {
  expect(config.serverMetadata()).toMatchObject({
    issuer: server.url,
    token_endpoint: `${server.url}/auth/token`,
    revocation_endpoint: `${server.url}/auth/revoke`,
    jwks_uri: `${server.url}/.well-known/jwks.json`,
  });
  const person = await registerAt(server.url, 'oidc_alice');
  const tokens = await client.genericGrantRequest(config, 'password', person);
  expect(tokens.token_type).toBe('bearer');
  expect(tokens.expiresIn()).toBeGreaterThan(1_700);
  const { status, body } = await me(tokens.access_token);
  expect([status, body.username]).toEqual([200, 'oidc_alice']);

  const { refresh_token: refreshToken = '' } = tokens;
  const renewed = await client.refreshTokenGrant(config, refreshToken);
  expect(renewed.refresh_token).not.toBe(refreshToken);
  expect((await me(renewed.access_token)).status).toBe(200);

  await client.tokenRevocation(config, renewed.refresh_token ?? '', { token_type_hint: 'refresh_token' });
  await expect(me(renewed.access_token)).rejects.toMatchObject({ status: 401 });
  await expect(client.refreshTokenGrant(config, renewed.refresh_token ?? '')).rejects.toMatchObject({
    error: 'invalid_grant',
    status: 400,
  });
});

it('openid-client understands a refusal: the OAuth error code stands where it looks', async () => {
  const wrong = { username: 'oidc_alice', password: 'Not-The-Password-1' };
  await expect(client.genericGrantRequest(config, 'password', wrong)).rejects.toThrow();
  await expect(client.genericGrantRequest(config, 'client_credentials', {})).rejects.toMatchObject({
    error: 'unsupported_grant_type',
    status: 400,
  });
  await expect(client.tokenRevocation(config, 'nobody-knows-this-one')).resolves.toBeUndefined();
});

it('openid-client signs in with a secret in the body or by Basic, which proves nothing here and harms nothing', async () => {
  const person = await registerAt(server.url, 'oidc_basil');
  for (const auth of [client.ClientSecretPost('s3cret'), client.ClientSecretBasic('s3cret')]) {
    const other = new client.Configuration(config.serverMetadata(), 'web', 's3cret', auth);
    client.allowInsecureRequests(other);
    const tokens = await client.genericGrantRequest(other, 'password', person);
    expect((await me(tokens.access_token)).status).toBe(200);
    await client.tokenRevocation(other, tokens.access_token);
  }
});
