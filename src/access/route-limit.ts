import type { Dependency } from './recipe.js';
import type { RouteLimit } from './route.js';
import { fail } from './route-checks.js';

/** Makes the need that counts for one route. */
export type LimitMaker = (where: string, limit: RouteLimit) => Dependency<void, false>;

const most = 1_000_000;
const longest = 31 * 24 * 60 * 60;

const isWhole = (value: unknown, upTo: number): boolean =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= upTo;

/**
 * The run-time twin of `RouteLimit`.
 * @throws ConfigurationError
 */
export function assertLimit(where: string, limit: unknown): void {
  if (limit === undefined) return;
  const { requests, window, key } = (
    typeof limit === 'object' && limit !== null ? limit : {}
  ) as Partial<RouteLimit>;
  if (!isWhole(requests, most))
    fail(
      'ERR_ROUTE_LIMIT',
      where,
      `limit.requests is a whole number from 1 to ${most}: { requests: 5, window: 60 }.`,
    );
  if (!isWhole(window, longest))
    fail(
      'ERR_ROUTE_LIMIT',
      where,
      `limit.window is whole seconds from 1 to ${longest}: { requests: 5, window: 60 }.`,
    );
  if (key !== undefined && key !== 'principal' && key !== 'address')
    fail('ERR_ROUTE_LIMIT', where, `limit.key is 'principal' or 'address', not ${JSON.stringify(key)}.`);
}
