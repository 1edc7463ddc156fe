import type { Routes } from '../access/create-routes.js';
import type { Settings } from '../settings/settings.js';
import { jwks } from '../tokens/jwks.js';
import { authorizationServerMetadata } from '../tokens/metadata.js';
import type { SigningKey } from '../tokens/signing-keys.js';
import { JsonWebKeySet, ServerMetadata } from './schemas/token-schemas.js';

/** What other verifiers and clients read: the public key (RFC 7517) and where the endpoints are (RFC 8414). */
export function addWellKnownRoutes(routes: Routes, settings: Settings, key: SigningKey): void {
  const tags = ['discovery'];
  const keySet = { keys: jwks(key).keys.map((one) => ({ ...one })) };
  const metadata = authorizationServerMetadata(settings.publicUrl);
  routes.get(
    '/.well-known/jwks.json',
    { access: 'public', response: { 200: JsonWebKeySet }, summary: 'Public keys; none for HS256', tags },
    () => keySet,
  );
  routes.get(
    '/.well-known/oauth-authorization-server',
    { access: 'public', response: { 200: ServerMetadata }, summary: 'Authorization server metadata', tags },
    () => ({
      ...metadata,
      grant_types_supported: [...metadata.grant_types_supported],
      response_types_supported: [...metadata.response_types_supported],
      token_endpoint_auth_methods_supported: [...metadata.token_endpoint_auth_methods_supported],
      revocation_endpoint_auth_methods_supported: [...metadata.revocation_endpoint_auth_methods_supported],
    }),
  );
}
