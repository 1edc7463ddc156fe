import { everyRecipe, type Needs } from './recipe.js';
import type { RouteFacts } from './route-facts.js';

/** Schemes that together are enough; the list of them is alternatives (OpenAPI 3.1 §4.8.30). */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

/** What a client can send to pass a bearer guard. The token endpoint's URL is relative to the document. */
export const securitySchemes = {
  HTTPBearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  OAuth2PasswordBearer: { type: 'oauth2', flows: { password: { tokenUrl: '/auth/token', scopes: {} } } },
  APIKeyHeader: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
} as const;

const keyScheme = 'APIKeyHeader';

/** The schemes by which somebody with an account proves who they are. */
export const userSchemes: readonly string[] = ['HTTPBearer', 'OAuth2PasswordBearer', keyScheme];

/** The permissions that needs name, however deep: what a key must hold as scopes. */
const scopesNamedBy = (needs: Needs): readonly string[] =>
  [...everyRecipe(Object.values(needs))].flatMap(([, { asks }]) => asks?.permission ?? []);

/** A key opens neither what asks for a session nor, unless a scope is named beside it, what asks for a role. */
function refusesKeys(needs: Needs): boolean {
  const asked = [...everyRecipe(Object.values(needs))].map(([, { asks }]) => asks ?? {});
  const bySession = asked.some(({ session }) => session);
  return bySession || (asked.some(({ role }) => role !== undefined) && scopesNamedBy(needs).length === 0);
}

/**
 * What a route's needs ask of a client. Each guard with schemes must be satisfied; where no guard has any but
 * something reads a credential (optionalUser), sending none is an alternative.
 */
export function securityOf(needs: Needs): readonly SecurityRequirement[] {
  const required: (readonly string[])[] = [];
  const optional: (readonly string[])[] = [];
  const closed = refusesKeys(needs);
  for (const [one, { security }] of everyRecipe(Object.values(needs))) {
    const schemes = closed ? security.filter((scheme) => scheme !== keyScheme) : security;
    if (schemes.length > 0) (one.guards ? required : optional).push(schemes);
  }
  const scopes = scopesNamedBy(needs);
  if (required.length > 0) return product(required, scopes);
  return optional.length === 0 ? [] : [{}, ...product(optional, scopes)];
}

/** Each combination of one scheme a guard, each told once. */
function product(guards: readonly (readonly string[])[], scopes: readonly string[]): SecurityRequirement[] {
  const distinct = [...new Map(guards.map((schemes) => [schemes.join(), schemes])).values()];
  let found: SecurityRequirement[] = [{}];
  for (const schemes of distinct) {
    found = found.flatMap((before) =>
      schemes.map((scheme) => ({ ...before, [scheme]: scheme === keyScheme ? scopes : [] })),
    );
  }
  return found;
}

/** What the gate keeps of a route's needs. */
export const factsOfNeeds = (needs: Needs, own = false): RouteFacts => ({
  own,
  scopes: scopesNamedBy(needs),
  readsCredential: securityOf(needs).length > 0,
});
