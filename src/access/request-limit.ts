import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.js';
import { contextOf } from '../http/request-context.js';
import { addressKey } from '../limits/address-key.js';
import { createMemoryCounter } from '../limits/memory-counter.js';
import { generalPolicies } from '../limits/policy.js';
import type { Settings } from '../settings/settings.js';
import { enforceLimit } from './enforce-limit.js';

const maxPrincipals = 1_000_000;

/** Both throw 429. */
export interface RequestLimit {
  /** A proven principal counts in a bucket of its own, all else on the client's address. */
  take(request: FastifyRequest, reply: FastifyReply): void;
  /** On the address alone: for the token endpoint, which first looks what it was sent. */
  takeFromAddress(request: FastifyRequest, reply: FastifyReply): void;
}

const none: RequestLimit = { take: () => {}, takeFromAddress: () => {} };

/**
 * The general limit (SECURITY_RATE_LIMIT_*). Principals count apart, so that strangers behind the same address never
 * use up the requests of somebody who proved who they are. Off under DEBUG, as the seed has it.
 */
export function createRequestLimit(
  settings: Pick<Settings, 'debug' | 'rateLimit'>,
  clock: Clock,
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
      if (identity?.kind !== 'proven') takeFromAddress(request, reply);
      else enforceLimit(reply, principals.take(identity.principal.account.id, policies.principal));
    },
  };
}
