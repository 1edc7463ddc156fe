import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.js';
import { contextOf } from '../http/request-context.js';
import { addressKey, subnetKey } from '../limits/address-key.js';
import { takeFromDatabase } from '../limits/database-counter.js';
import { addressPolicies, type Policy } from '../limits/policy.js';
import type { Settings } from '../settings/settings.js';
import type { Store } from '../store/connection.js';
import { type Dependency, fromRequest } from './dependency.js';
import { enforceLimit } from './enforce-limit.js';
import type { RequestLimit } from './request-limit.js';

/**
 * Counts the request on its client's address, whatever credential it has. `device`: on a device that signed in before,
 * instead: strangers at the same address never use up its sign-ins. Throws 429.
 */
export type TakeFromAddress = (policy: Policy, device?: string) => Promise<void>;

interface AddressLimitDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'debug'>;
}

async function take(deps: AddressLimitDeps, policy: Policy, key: string, reply: FastifyReply): Promise<void> {
  if (deps.settings.debug) return;
  enforceLimit(reply, await takeFromDatabase(deps.store, deps.clock, key, policy));
}

/** Who holds a /48 has 65,536 buckets: it counts as well. What its client's own bucket refuses does not count in it. */
async function takeToken(deps: AddressLimitDeps, key: string, reply: FastifyReply): Promise<void> {
  await take(deps, addressPolicies.token, key, reply);
  const subnet = deps.settings.debug ? undefined : subnetKey(key);
  if (subnet === undefined) return;
  const shared = await takeFromDatabase(deps.store, deps.clock, subnet, addressPolicies.tokenNetwork);
  // The fields tell what the client has left by itself, unless the /48 has nothing.
  if (!shared.allowed) enforceLimit(reply, shared);
}

const keyOf = (request: FastifyRequest): string => addressKey(contextOf(request.raw).address);

/** The limits that count on an address whoever asks (docs/decisions/005-limits.md). */
export interface AddressLimits {
  /** For a handler that chooses the policy once it knows what is wanted. */
  readonly take: Dependency<TakeFromAddress, false>;
  /** The general limit, for a stranger at the token endpoint. */
  readonly takeAsStranger: Dependency<() => void, false>;
  /** What the token endpoint counts before it reads a body that a stranger sends. */
  readonly tokenEndpoint: Dependency<void, false>;
}

/** The limits on registering, signing in and refreshing. Off under DEBUG, as the seed has it. */
export const createAddressLimits = (deps: AddressLimitDeps, general: RequestLimit): AddressLimits => ({
  take: fromRequest(
    'addressLimit',
    (request, reply): TakeFromAddress =>
      (policy, device) =>
        take(deps, policy, device === undefined ? keyOf(request) : `device:${device}`, reply),
  ),
  takeAsStranger: fromRequest(
    'strangerLimit',
    (request, reply) => () => general.takeFromAddress(request, reply),
  ),
  tokenEndpoint: fromRequest(
    'tokenEndpointLimit',
    (request, reply) => takeToken(deps, keyOf(request), reply),
    { beforeBody: true },
  ),
});
