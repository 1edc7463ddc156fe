import { media, raw } from '../access/answer.js';
import type { Routes } from '../access/create-routes.js';
import type { Clock } from '../base/clock.js';
import type { Settings } from '../settings/settings.js';
import { jwks } from '../tokens/jwks.js';
import { authorizationServerMetadata } from '../tokens/metadata.js';
import type { SigningKey } from '../tokens/signing-keys.js';
import { JsonWebKeySet, ServerMetadata } from './schemas/token-schemas.js';

/** Days after which a reader should ask again; RFC 9116 §2.5.5 advises less than a year. */
const contactHoldsFor = 180;

const securityText = ({ contacts, publicUrl }: Settings, clock: Clock): string => {
  const expires = new Date(clock.now() + contactHoldsFor * 24 * 60 * 60 * 1000).toISOString();
  const lines = [...contacts.map((one) => `Contact: ${one}`), `Expires: ${expires}`];
  return [...lines, `Canonical: ${publicUrl}/.well-known/security.txt`, ''].join('\n');
};

/** RFC 9116, where SECURITY_CONTACT says whom to tell; 404 else. */
export function addSecurityTextRoute(routes: Routes, settings: Settings, clock: Clock): void {
  if (settings.contacts.length === 0) return;
  routes.get(
    '/.well-known/security.txt',
    {
      access: 'public',
      response: { 200: media('text/plain; charset=utf-8') },
      summary: 'Whom to tell of a vulnerability',
      tags: ['discovery'],
    },
    () => raw(securityText(settings, clock)),
  );
}

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
