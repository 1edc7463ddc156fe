import { processDiscoveryResponse } from 'oauth4webapi';
import { expect, it } from 'vitest';
import { authorizationServerMetadata } from '../../src/tokens/metadata.js';

it('is metadata to a foreign client, its issuer to the letter (RFC 8414)', async () => {
  const metadata = authorizationServerMetadata('https://api.example.com/base');
  const read = await processDiscoveryResponse(
    new URL('https://api.example.com/base'),
    new Response(JSON.stringify(metadata), { headers: { 'content-type': 'application/json' } }),
  );
  expect(read).toEqual({
    issuer: 'https://api.example.com/base',
    token_endpoint: 'https://api.example.com/base/auth/token',
    revocation_endpoint: 'https://api.example.com/base/auth/revoke',
    jwks_uri: 'https://api.example.com/base/.well-known/jwks.json',
    grant_types_supported: ['password', 'refresh_token'],
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
  });
});
