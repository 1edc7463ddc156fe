import { everyRecipe, type Needs } from './recipe.js';

/** Schemes that together are enough; the list of them is alternatives (OpenAPI 3.1 §4.8.30). */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

/** What a client can send to pass a bearer guard. The token endpoint's URL is relative to the document. */
export const securitySchemes = {
  HTTPBearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  OAuth2PasswordBearer: { type: 'oauth2', flows: { password: { tokenUrl: '/auth/token', scopes: {} } } },
} as const;

/** The schemes of a guard that reads a bearer token. */
export const bearerSchemes: readonly string[] = ['HTTPBearer', 'OAuth2PasswordBearer'];

/**
 * What a route's needs ask of a client. Each guard with schemes must be satisfied; where no guard has any but
 * something reads a credential (optionalUser), sending none is an alternative.
 */
export function securityOf(needs: Needs): readonly SecurityRequirement[] {
  const required: (readonly string[])[] = [];
  const optional: (readonly string[])[] = [];
  for (const [one, { security }] of everyRecipe(Object.values(needs))) {
    if (security.length > 0) (one.guards ? required : optional).push(security);
  }
  if (required.length > 0) return product(required);
  return optional.length === 0 ? [] : [{}, ...product(optional)];
}

/** Each combination of one scheme a guard, each told once. */
function product(guards: readonly (readonly string[])[]): SecurityRequirement[] {
  const distinct = [...new Map(guards.map((schemes) => [schemes.join(), schemes])).values()];
  let found: SecurityRequirement[] = [{}];
  for (const schemes of distinct) {
    found = found.flatMap((before) => schemes.map((scheme) => ({ ...before, [scheme]: [] })));
  }
  return found;
}
