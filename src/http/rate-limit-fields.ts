import type { ServerResponse } from 'node:http';
import { standOneOn } from './standing-response.js';

/** What a counter said of one request; `limits/verdict.ts` fits. */
export interface LimitState {
  /** The policy's name: lower-case letters, digits and hyphens. It tells nothing of who was counted. */
  readonly policy: string;
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until the window is fresh. */
  readonly resetSeconds: number;
  readonly windowSeconds: number;
}

/** `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers-11 writes them (structured fields). */
export function writeRateLimitFields(response: ServerResponse, state: LimitState): void {
  standOneOn(response, 'ratelimit-policy', `"${state.policy}";q=${state.limit};w=${state.windowSeconds}`);
  standOneOn(
    response,
    'ratelimit',
    `"${state.policy}";r=${Math.max(0, state.remaining)};t=${state.resetSeconds}`,
  );
}
