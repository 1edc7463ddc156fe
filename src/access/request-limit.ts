import type { onRequestHookHandler as OnRequest } from 'fastify';
import type { Clock } from '../base/clock.js';
import { contextOf } from '../http/request-context.js';
import { addressKey } from '../limits/address-key.js';
import { createMemoryCounter } from '../limits/memory-counter.js';
import { generalPolicies } from '../limits/policy.js';
import type { Settings } from '../settings/settings.js';
import { enforceLimit } from './enforce-limit.js';

const maxPrincipals = 1_000_000;

/**
 * The general limit: a proven principal counts in a bucket of its own, all else on the client's address, so that
 * strangers behind the same address never use up the requests of somebody who proved who they are. Throws 429.
 */
export function createRequestLimit(settings: Pick<Settings, 'debug' | 'rateLimit'>, clock: Clock): OnRequest {
  if (settings.debug) return (_request, _reply, done) => done();
  const policies = generalPolicies(settings.rateLimit);
  const addresses = createMemoryCounter({ clock });
  // Apart, so that strangers who fill the one never squeeze those who proved who they are.
  const principals = createMemoryCounter({ clock, maxKeys: maxPrincipals });
  return (request, reply, done) => {
    const { identity } = request;
    const verdict =
      identity?.kind === 'proven'
        ? principals.take(identity.principal.account.id, policies.principal)
        : addresses.take(addressKey(contextOf(request.raw).address), policies.unproven);
    enforceLimit(reply, verdict);
    done();
  };
}
