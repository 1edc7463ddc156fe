import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.js';
import { contextOf } from '../http/request-context.js';
import { addressKey } from '../limits/address-key.js';
import { takeFromDatabase } from '../limits/database-counter.js';
import { addressPolicies, type Policy } from '../limits/policy.js';
import type { Settings } from '../settings/settings.js';
import type { Store } from '../store/connection.js';
import { type Dependency, fromRequest } from './dependency.js';
import { enforceLimit } from './enforce-limit.js';

/** Counts the request on its client's address, whatever credential it has. Throws 429. */
export type TakeFromAddress = (policy: Policy) => Promise<void>;

interface AddressLimitDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'debug'>;
}

async function take(
  deps: AddressLimitDeps,
  policy: Policy,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (deps.settings.debug) return;
  const key = addressKey(contextOf(request.raw).address);
  enforceLimit(reply, await takeFromDatabase(deps.store, deps.clock, key, policy));
}

/** The limits that count on an address whoever asks (docs/decisions/005-limits.md). */
export interface AddressLimits {
  /** For a handler that chooses the policy once it knows what is wanted. */
  readonly take: Dependency<TakeFromAddress, false>;
  /** What the token endpoint counts before it reads a body that a stranger sends. */
  readonly tokenEndpoint: Dependency<void, false>;
}

/** The limits on registering, signing in and refreshing. Off under DEBUG, as the seed has it. */
export const createAddressLimits = (deps: AddressLimitDeps): AddressLimits => ({
  take: fromRequest(
    'addressLimit',
    (request, reply): TakeFromAddress =>
      (policy) =>
        take(deps, policy, request, reply),
  ),
  tokenEndpoint: fromRequest(
    'tokenEndpointLimit',
    (request, reply) => take(deps, addressPolicies.token, request, reply),
    { beforeBody: true },
  ),
});
