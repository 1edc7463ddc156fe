import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { registerAt, type ServerProcess, startProcess } from './server-process.js';

const insecure = { [oauth.allowInsecureRequests]: true } as const;
const client: oauth.Client = { client_id: 'web' };
let server: ServerProcess;
let as: oauth.AuthorizationServer;
beforeAll(async () => {
  server = await startProcess();
  const issuer = new URL(server.url);
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
  as = await oauth.processDiscoveryResponse(issuer, response);
});
afterAll(() => server.stop());

it('oauth4webapi signs in, calls, refreshes and revokes by what RFC 8414 says', async () => {
  expect(as.grant_types_supported).toEqual(['password', 'refresh_token']);
  const person = await registerAt(server.url, 'web_alice');
  const grant = await oauth.genericTokenEndpointRequest(
    as,
    client,
    oauth.None(),
    'password',
    person,
    insecure,
  );
  const tokens = await oauth.processGenericTokenEndpointResponse(as, client, grant);
  const resource = new URL(`${server.url}/users/me`);
  const call = (token: string) =>
    oauth.protectedResourceRequest(token, 'GET', resource, undefined, undefined, insecure);
  expect((await call(tokens.access_token)).status).toBe(200);

  const { refresh_token: refreshToken = '' } = tokens;
  const again = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), refreshToken, insecure);
  const renewed = await oauth.processRefreshTokenResponse(as, client, again);
  expect((await call(renewed.access_token)).status).toBe(200);

  const ended = await oauth.revocationRequest(as, client, oauth.None(), renewed.access_token, insecure);
  await oauth.processRevocationResponse(ended);
  await expect(call(renewed.access_token)).rejects.toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
  const dead = await oauth.refreshTokenGrantRequest(
    as,
    client,
    oauth.None(),
    renewed.refresh_token ?? '',
    insecure,
  );
  await expect(oauth.processRefreshTokenResponse(as, client, dead)).rejects.toMatchObject({
    error: 'invalid_grant',
  });
});

it('oauth4webapi validates an access token as RFC 9068 has it, by the published key', async () => {
  const person = await registerAt(server.url, 'web_bob');
  const grant = await oauth.genericTokenEndpointRequest(
    as,
    client,
    oauth.None(),
    'password',
    person,
    insecure,
  );
  const { access_token: token } = await oauth.processGenericTokenEndpointResponse(as, client, grant);
  const asked = (bearer: string) =>
    new Request('https://resource.example/', { headers: { authorization: `Bearer ${bearer}` } });
  const claims = await oauth.validateJwtAccessToken(as, asked(token), server.url, insecure);
  expect(claims).toMatchObject({ iss: server.url, client_id: 'web' });
  await expect(
    oauth.validateJwtAccessToken(as, asked(token), 'https://other.example', insecure),
  ).rejects.toThrow();
});
