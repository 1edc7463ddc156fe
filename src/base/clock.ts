/** Milliseconds since 1970 (UTC). The only way in which this project reads the time, so that a test can set it. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
