import type { Settings } from '../settings/settings.js';

/** How many requests in how many seconds. `name` stands in the RateLimit fields and in front of the counter's key. */
export interface Policy {
  readonly name: string;
  readonly requests: number;
  readonly windowSeconds: number;
}

/**
 * What counts on the client's address whatever credential is sent along, kept in the database so that two
 * servers never double it (docs/decisions/005-limits.md, ASVS 6.3.1). `token` counts before the body of /auth/token is read,
 * and an IPv6 /48 by `tokenNetwork`; `signIn` and `refresh` once its form is parsed and before anything is hashed.
 */
export const addressPolicies = {
  register: { name: 'register', requests: 20, windowSeconds: 3600 },
  signIn: { name: 'sign-in', requests: 30, windowSeconds: 60 },
  refresh: { name: 'refresh', requests: 60, windowSeconds: 60 },
  token: { name: 'token', requests: 90, windowSeconds: 60 },
  tokenNetwork: { name: 'token-network', requests: 900, windowSeconds: 60 },
} as const satisfies Record<string, Policy>;

/** The general limit: `unproven` by address for whoever proves nobody, `principal` for a proven one (SECURITY_RATE_LIMIT_*). */
export function generalPolicies(limit: Settings['rateLimit']): {
  readonly unproven: Policy;
  readonly principal: Policy;
} {
  return {
    unproven: { name: 'default', requests: limit.requests, windowSeconds: limit.window },
    principal: { name: 'principal', requests: limit.principalRequests, windowSeconds: limit.window },
  };
}

/** Fresh tokens a session gets in an hour; a client needs four. It bounds what one session can pile up in the database. */
export const sessionPolicy: Policy = { name: 'session-refresh', requests: 120, windowSeconds: 3600 };

/**
 * The ways out (routes/exits.ts), apart from the principal's limit: by session, so that who stole one token bars only that
 * session's, and by account, so that opening sessions does not multiply them without end.
 */
export const exitPolicies = {
  session: { name: 'exit', requests: 20, windowSeconds: 60 },
  account: { name: 'account-exit', requests: 200, windowSeconds: 60 },
} as const satisfies Record<string, Policy>;

/** The failed-password throttle (docs/decisions/005-limits.md). Times in milliseconds. NIST SP 800-63B-4 §3.2.2 asks for at most 100. */
export const throttleFigures = {
  /** Failures of one account in any hour, from everywhere but known devices. */
  account: { name: 'account', failures: 100, windowMs: 3_600_000 },
  /** Failures of one known device in any hour. */
  device: { name: 'device', failures: 20, windowMs: 3_600_000 },
  /** One account from one address: the sixth failure waits a second, each further one twice as long. */
  backoff: { freeFailures: 5, firstWaitMs: 1_000, longestWaitMs: 900_000, forgetAfterMs: 86_400_000 },
  /** How far servers' clocks may be apart. What ends later than any of them could have written is a clock's error. */
  skewMs: 300_000,
} as const;
