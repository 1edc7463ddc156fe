import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.js';
import { contextOf } from '../http/request-context.js';
import { routeOf } from '../http/route-of.js';
import { addressKey } from '../limits/address-key.js';
import { createMemoryCounter, type MemoryCounter } from '../limits/memory-counter.js';
import { exitPolicies, generalPolicies } from '../limits/policy.js';
import type { Verdict } from '../limits/verdict.js';
import type { Settings } from '../settings/settings.js';
import { enforceLimit } from './enforce-limit.js';
import type { Principal } from './identity.js';
import { factsOf } from './route-facts.js';

const maxPrincipals = 1_000_000;

/** Both throw 429. */
export interface RequestLimit {
  /** A proven principal counts in a bucket of its own, its exits in another, all else on the client's address. */
  take(request: FastifyRequest, reply: FastifyReply): void;
  /** On the address alone: for the token endpoint, which first looks what it was sent. */
  takeFromAddress(request: FastifyRequest, reply: FastifyReply): void;
}

const none: RequestLimit = { take: () => {}, takeFromAddress: () => {} };

/**
 * The general limit (SECURITY_RATE_LIMIT_*). Principals count apart, so that strangers behind the same address never
 * use up the requests of somebody who proved who they are. Off under DEBUG, as the seed has it.
 * @param exits `METHOD /path` of the routes that a full bucket of the principal does not close.
 */
export function createRequestLimit(
  settings: Pick<Settings, 'debug' | 'rateLimit'>,
  clock: Clock,
  exits: ReadonlySet<string>,
): RequestLimit {
  if (settings.debug) return none;
  const policies = generalPolicies(settings.rateLimit);
  const addresses = createMemoryCounter({ clock });
  // Apart, so that strangers who fill the one never squeeze those who proved who they are.
  const principals = createMemoryCounter({ clock, maxKeys: maxPrincipals });
  const takeFromAddress: RequestLimit['takeFromAddress'] = (request, reply) =>
    enforceLimit(reply, addresses.take(addressKey(contextOf(request.raw).address), policies.unproven));
  return {
    takeFromAddress,
    take(request, reply) {
      const { identity } = request;
      if (identity?.kind !== 'proven') return takeFromAddress(request, reply);
      const { principal } = identity;
      // As the routes are named before the prefix under which an application may have put them.
      const path = routeOf(request).url?.slice(request.server.prefix.length);
      const isExit = factsOf(request).own && exits.has(`${request.method} ${path}`);
      enforceLimit(
        reply,
        isExit ? takeExit(principals, principal) : principals.take(principal.account.id, policies.principal),
      );
    },
  };
}

/** What the session has left, unless the account has nothing: then that. */
function takeExit(counter: MemoryCounter, { account, sessionId, keyId }: Principal): Verdict {
  const own = counter.take(sessionId ?? `key:${keyId}`, exitPolicies.session);
  if (!own.allowed) return own;
  const all = counter.take(account.id, exitPolicies.account);
  return all.allowed ? own : all;
}
