import type { Query } from '../store/connection.js';
import { throttleFigures } from './policy.js';
import { forgetThrottle, lockThrottle, writeThrottle } from './throttle-queries.js';

const { freeFailures, firstWaitMs, longestWaitMs, forgetAfterMs } = throttleFigures.backoff;

/** The latest end that a wait can have; what ends later was written under a clock that was set back since, and is over. */
export const latestStep = (now: number): number => now + longestWaitMs + throttleFigures.skewMs;

/** Milliseconds to wait after so many failures in a row: nothing up to five, then 1 s, 2 s, 4 s … 15 minutes. */
const waitAfter = (failures: number): number =>
  failures <= freeFailures ? 0 : Math.min(firstWaitMs * 2 ** (failures - freeFailures - 1), longestWaitMs);

/** Counts a try, inside the caller's transaction; or says until when the next one has to wait. A refused try does not count. */
export async function takeStep(
  tx: Query,
  key: string,
  now: number,
): Promise<{ closedUntil: number } | undefined> {
  const row = await lockThrottle(tx, key, now + forgetAfterMs);
  if (row !== undefined && row.blocked_until > now && row.blocked_until <= latestStep(now))
    return { closedUntil: row.blocked_until };
  const failures = row === undefined || row.expires_at <= now ? 1 : row.failures + 1;
  const wait = waitAfter(failures);
  await writeThrottle(tx, key, {
    failures,
    blocked_until: wait && now + wait,
    expires_at: now + forgetAfterMs,
  });
  return undefined;
}

/** The try was neither right nor wrong. A row that counts nothing goes, so that a flood of cancelled tries leaves none. */
export async function stepBack(tx: Query, key: string, now: number): Promise<void> {
  const row = await lockThrottle(tx, key, now + forgetAfterMs);
  if (row === undefined) return;
  const failures = row.failures - 1;
  if (failures <= 0) return forgetThrottle(tx, key);
  await writeThrottle(tx, key, {
    ...row,
    failures,
    blocked_until: failures > freeFailures ? row.blocked_until : 0,
  });
}

/** The password was right: the account starts from nothing at this address. */
export const startOver = forgetThrottle;
