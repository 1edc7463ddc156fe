import type { JWK } from 'jose';
import type { SigningKey } from './signing-keys.js';

/** The key set that verifiers fetch (RFC 7517 §5): public parts, `use`, `alg`, `kid`. Empty for HS256. */
export const jwks = (key: SigningKey): { readonly keys: readonly JWK[] } => ({
  keys: key.publicJwk === undefined ? [] : [key.publicJwk],
});
