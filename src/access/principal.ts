import type { FastifyInstance, onRequestHookHandler as OnRequest } from 'fastify';
import { type Account, isRole } from '../accounts/account.js';
import type { Clock } from '../base/clock.js';
import { contextOf } from '../http/request-context.js';
import type { Store } from '../store/connection.js';
import type { AccessClaims, AccessTokens } from '../tokens/access-token.js';
import { type Principal as Found, loadPrincipal } from '../tokens/principal-queries.js';
import { judgeSession } from '../tokens/session-state.js';
import { parseCredential } from './credential.js';

/** Somebody who proved who they are, and the session by which. */
export interface Principal {
  readonly account: Account;
  readonly sessionId: string;
}

/** What came of a request's credential, before any guard asked. */
export type Identity =
  | { readonly kind: 'none' }
  | { readonly kind: 'unproven' }
  | { readonly kind: 'disabled'; readonly accountId: string }
  | { readonly kind: 'proven'; readonly principal: Principal };

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until the credential was judged. */
    identity: Identity | null;
  }
}

/** The request has no credential. */
export const nobody: Identity = Object.freeze({ kind: 'none' });
const unproven: Identity = Object.freeze({ kind: 'unproven' });

const hasKnownRole = (account: Found['account']): account is Account => isRole(account.role);

/** A role that a later version wrote is worth nothing to this one. No copy where it is known: every request would pay. */
const withKnownRole = (account: Found['account']): Account =>
  hasKnownRole(account) ? account : { ...account, role: 'user' };

/** Gives every request its `identity`, null until `createIdentify` judged. Before any route; twice is an error of Fastify. */
export const declareIdentity = (fastify: FastifyInstance): void => {
  fastify.decorateRequest('identity', null);
};

interface IdentityDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly accessTokens: AccessTokens;
}

/**
 * Judges the bearer token of every request that has one: signature and claims first, then the session and the account
 * as they are in the database now (ASVS 7.4.2, 8.3.2). Refuses only when the store is away; guards do the rest.
 */
export function createIdentify(deps: IdentityDeps): OnRequest {
  const fromDatabase = async (claims: AccessClaims): Promise<Identity> => {
    const found = await loadPrincipal(deps.store.db, claims.sid);
    const state = judgeSession(found, claims, deps.clock.now());
    if (state === 'disabled') return { kind: 'disabled', accountId: claims.sub };
    if (state === 'invalid' || found === undefined) return unproven;
    return { kind: 'proven', principal: { account: withKnownRole(found.account), sessionId: claims.sid } };
  };
  return (request, _reply, done) => {
    const credential = parseCredential(request.headers.authorization);
    if (credential.kind === 'none') {
      request.identity = nobody;
      done();
      return;
    }
    const claims = credential.kind === 'bearer' ? deps.accessTokens.verify(credential.token) : undefined;
    if (!claims) {
      request.identity = unproven;
      done();
      return;
    }
    fromDatabase(claims).then((found) => {
      request.identity = found;
      if (found.kind === 'proven') contextOf(request.raw).principalId = claims.sub;
      done();
    }, done);
  };
}
