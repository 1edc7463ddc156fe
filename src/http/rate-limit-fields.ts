import type { ServerResponse } from 'node:http';
import type { LimitState } from '../base/errors.js';
import { standOneOn } from './standing-response.js';

/** `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers-11 writes them (structured fields). */
export function writeRateLimitFields(response: ServerResponse, state: LimitState): void {
  standOneOn(response, 'ratelimit-policy', `"${state.policy}";q=${state.limit};w=${state.windowSeconds}`);
  standOneOn(
    response,
    'ratelimit',
    `"${state.policy}";r=${Math.max(0, state.remaining)};t=${state.resetSeconds}`,
  );
}
