import type {
  FastifyRequest,
  onRequestHookHandler as OnRequest,
  preHandlerHookHandler as PreHandler,
} from 'fastify';
import type { AccessTable } from '../accounts/access-table.js';
import type { Clock } from '../base/clock.js';
import { Refusal } from '../base/errors.js';
import { announcesBody } from '../http/error-answer.js';
import { contextOf } from '../http/request-context.js';
import { routeOf } from '../http/route-of.js';
import type { Settings } from '../settings/settings.js';
import type { Store } from '../store/connection.js';
import type { LastSeen } from '../store/last-seen.js';
import type { AccessClaims, AccessTokens } from '../tokens/access-token.js';
import { loadPrincipal } from '../tokens/principal-queries.js';
import { idleSince, judgeSession } from '../tokens/session-state.js';
import { createKeyJudge } from './api-key-judge.js';
import { parseCredential } from './credential.js';
import { type Identity, nobody, unproven, withKnownRole } from './identity.js';
import { factsOf } from './route-facts.js';

const scopesOf = (scopes: string | null): ReadonlySet<string> | null =>
  scopes === null ? null : new Set(scopes.split(' '));

/** What a credential is judged by. */
export interface IdentityDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly accessTokens: AccessTokens;
  readonly access: AccessTable;
  readonly activity: LastSeen;
  readonly keyActivity: LastSeen;
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
 * Judges the bearer token or API key of every request that has one: signature and claims, or the key's form, first, then
 * session or key and the account as they are in the database now (ASVS 7.4.2, 8.3.2). Refuses only when the store is away; guards do the rest.
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
      principal: { account, sessionId: claims.sid, keyId: null, scopes: scopesOf(found.scopes) },
    };
  };
  const byKey = createKeyJudge(deps);
  const judge: OnRequest = (request, _reply, done) => {
    const credential = parseCredential(request.headers.authorization);
    const key = request.headers['x-api-key'];
    if (key !== undefined) {
      // Two credentials would be two answers to who asks: whoever sends both is nobody.
      const found =
        credential.kind === 'none' && typeof key === 'string' ? byKey(key) : Promise.resolve(unproven);
      settle(request, found, done);
      return;
    }
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
    settle(request, fromDatabase(claims), done);
  };
  return {
    judge,
    judgeAgain(request, _reply, done) {
      const { identity } = request;
      // By what was announced: an empty body can be drawn out as long as a full one.
      if (identity?.kind !== 'proven' || !announcesBody(request) || ignoresCredential(request)) {
        done();
        return;
      }
      const { account, sessionId, keyId } = identity.principal;
      const again =
        sessionId === null ? byKey.again(keyId ?? '') : fromDatabase({ sub: account.id, sid: sessionId });
      again.then((now) => {
        done(refusalOf(now, account.role));
      }, done);
    },
  };
}

const ignoresCredential = (request: FastifyRequest): boolean =>
  routeOf(request).config.access === 'public' && !factsOf(request).readsCredential;

function settle(request: FastifyRequest, judged: Promise<Identity>, done: (error?: Error) => void): void {
  judged.then((found) => {
    request.identity = found;
    if (found.kind === 'proven') contextOf(request.raw).principalId = found.principal.account.id;
    done();
  }, done);
}

/** Undefined where whoever asked may still go on. A role that changed meanwhile is for the next request to be judged by. */
function refusalOf(now: Identity, role: string): Refusal | undefined {
  if (now.kind === 'disabled') return new Refusal('account_disabled');
  if (now.kind !== 'proven') return new Refusal('invalid_credentials');
  if (now.principal.account.role === role) return undefined;
  return new Refusal('insufficient_permissions', { reason: 'the role changed while the body was read' });
}
