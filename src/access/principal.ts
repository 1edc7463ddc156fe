import type {
  FastifyInstance,
  onRequestHookHandler as OnRequest,
  preHandlerHookHandler as PreHandler,
} from 'fastify';
import type { AccessTable } from '../accounts/access-table.js';
import type { Account } from '../accounts/account.js';
import type { Clock } from '../base/clock.js';
import { Refusal } from '../base/errors.js';
import { announcesBody } from '../http/error-answer.js';
import { contextOf } from '../http/request-context.js';
import type { Settings } from '../settings/settings.js';
import type { Store } from '../store/connection.js';
import type { AccessClaims, AccessTokens } from '../tokens/access-token.js';
import { type Principal as Found, loadPrincipal } from '../tokens/principal-queries.js';
import type { SessionActivity } from '../tokens/session-activity.js';
import { idleSince, judgeSession } from '../tokens/session-state.js';
import { parseCredential } from './credential.js';

/** Somebody who proved who they are, and the session by which. */
export interface Principal {
  readonly account: Account;
  readonly sessionId: string;
  /** The permissions that the session was narrowed to, or null where it was not. */
  readonly scopes: ReadonlySet<string> | null;
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

/** A role that this application does not know is worth nothing here. No copy of one that it knows: every request would pay. */
function withKnownRole(account: Found['account'], access: AccessTable): Account {
  const role = access.knownRole(account.role);
  return role === account.role ? account : { ...account, role };
}

const scopesOf = (scopes: string | null): ReadonlySet<string> | null =>
  scopes === null ? null : new Set(scopes.split(' '));

/** Gives every request its `identity`, null until `createIdentify` judged. Before any route; twice is an error of Fastify. */
export const declareIdentity = (fastify: FastifyInstance): void => {
  fastify.decorateRequest('identity', null);
};

interface IdentityDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly accessTokens: AccessTokens;
  readonly access: AccessTable;
  readonly activity: SessionActivity;
  readonly settings: Pick<Settings, 'sessions'>;
}

interface IdentityHooks {
  /** Before the limit and the guards. */
  readonly judge: OnRequest;
  /**
   * Once more after a body was read, which a client may draw out for half a minute: what was ended, disabled or demoted
   * meanwhile is refused (ASVS 8.3.2).
   */
  readonly judgeAgain: PreHandler;
}

/**
 * Judges the bearer token of every request that has one: signature and claims first, then the session and the account
 * as they are in the database now (ASVS 7.4.2, 8.3.2). Refuses only when the store is away; guards do the rest.
 */
export function createIdentify(deps: IdentityDeps): IdentityHooks {
  const fromDatabase = async (claims: Pick<AccessClaims, 'sub' | 'sid'>): Promise<Identity> => {
    const found = await loadPrincipal(deps.store.db, claims.sid);
    const now = deps.clock.now();
    const lastSeen = Math.max(found?.lastSeenAt ?? 0, deps.activity.noted(claims.sid) ?? 0);
    const idle = lastSeen <= idleSince(deps.settings.sessions, now);
    const state = judgeSession(found, claims, { now, idle });
    if (state === 'disabled') return { kind: 'disabled', accountId: claims.sub };
    if (state === 'invalid' || found === undefined) return unproven;
    deps.activity.saw(claims.sid, found.lastSeenAt);
    const account = withKnownRole(found.account, deps.access);
    return {
      kind: 'proven',
      principal: { account, sessionId: claims.sid, scopes: scopesOf(found.scopes) },
    };
  };
  const judge: OnRequest = (request, _reply, done) => {
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
  return {
    judge,
    judgeAgain(request, _reply, done) {
      const { identity } = request;
      const { access, readsCredential = false } = request.routeOptions.config;
      const isIgnored = access === 'public' && !readsCredential;
      // By what was announced: an empty body can be drawn out as long as a full one.
      if (identity?.kind !== 'proven' || isIgnored || !announcesBody(request)) {
        done();
        return;
      }
      const { account, sessionId } = identity.principal;
      fromDatabase({ sub: account.id, sid: sessionId }).then((now) => {
        done(refusalOf(now, account.role));
      }, done);
    },
  };
}

/** Undefined where whoever asked may still go on. A role that changed meanwhile is for the next request to be judged by. */
function refusalOf(now: Identity, role: string): Refusal | undefined {
  if (now.kind === 'disabled') return new Refusal('account_disabled');
  if (now.kind !== 'proven') return new Refusal('invalid_credentials');
  if (now.principal.account.role === role) return undefined;
  return new Refusal('insufficient_permissions', { reason: 'the role changed while the body was read' });
}
