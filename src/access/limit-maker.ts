import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.js';
import { contextOf } from '../http/request-context.js';
import { addressKey } from '../limits/address-key.js';
import { takeFromDatabase } from '../limits/database-counter.js';
import type { Settings } from '../settings/settings.js';
import type { Store } from '../store/connection.js';
import { fromRequest } from './dependency.js';
import { enforceLimit } from './enforce-limit.js';
import { nobody } from './identity.js';
import type { LimitMaker } from './route-limit.js';

/**
 * Counts in the database, so that servers which share it count together; before the body is read, after the guards. Off
 * under DEBUG, as every limit. 429 with Retry-After.
 */
export function createLimitMaker(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'debug'>;
}): LimitMaker {
  return (where, { requests, window, key = 'principal' }) => {
    const policy = { name: 'route', requests, windowSeconds: window };
    const take = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      if (deps.settings.debug) return;
      const counted = `${where}:${counterKey(request, key)}`;
      enforceLimit(reply, await takeFromDatabase(deps.store, deps.clock, counted, policy));
    };
    return fromRequest('routeLimit', take, { beforeBody: true, refusals: ['too_many_requests'] });
  };
}

function counterKey(request: FastifyRequest, key: 'principal' | 'address'): string {
  const identity = request.identity ?? nobody;
  if (key === 'principal' && identity.kind === 'proven') return identity.principal.account.id;
  return addressKey(contextOf(request.raw).address);
}
