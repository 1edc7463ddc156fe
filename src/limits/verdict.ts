import type { Policy } from './policy.js';

/** What a counter says of one request. `http` writes it as the RateLimit fields (draft-ietf-httpapi-ratelimit-headers). */
export interface Verdict {
  readonly allowed: boolean;
  /** Requests a window. */
  readonly limit: number;
  /** Requests left now; 0 when refused. */
  readonly remaining: number;
  /** Whole seconds, at least 1, until quota comes back; for a refused request its `Retry-After`. */
  readonly resetSeconds: number;
  readonly windowSeconds: number;
  /** The policy's name. */
  readonly policy: string;
}

/** Milliseconds as whole seconds, rounded up, at least 1: a client that waits them is let in. */
export const wholeSeconds = (milliseconds: number): number => Math.max(1, Math.ceil(milliseconds / 1000));

export const verdictOf = (policy: Policy, allowed: boolean, used: number, resetMs: number): Verdict => ({
  allowed,
  limit: policy.requests,
  remaining: Math.max(0, policy.requests - used),
  resetSeconds: wholeSeconds(resetMs),
  windowSeconds: policy.windowSeconds,
  policy: policy.name,
});
