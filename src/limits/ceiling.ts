import type { Clock } from '../base/clock.js';
import type { Query } from '../store/connection.js';
import { hitSegment, lockThrottle, readSegments, unhitSegment, writeThrottle } from './throttle-queries.js';

/** At most so many failures in any stretch of time as long as the window. */
export interface Ceiling {
  readonly failures: number;
  readonly windowMs: number;
}

/** One counted try, to be given back if it was no failure. */
export interface Ticket {
  readonly key: string;
  readonly segment: string;
}

const segmentsAWindow = 12;

/**
 * Counts a try under a ceiling, inside the caller's transaction; or says until when the ceiling is closed.
 *
 * The tries lie in twelfths of the window (`<key>:<n>` in the counters), and a twelfth counts until its newest try is a
 * whole window old: exact from above in any hour, where a fixed window would let 200 guesses through around its edge.
 * The throttle row `key` is the lock that all of them take first, and remembers until when it is closed.
 */
export async function takeTicket(
  tx: Query,
  key: string,
  ceiling: Ceiling,
  clock: Clock,
): Promise<Ticket | { closedUntil: number }> {
  await lockThrottle(tx, key, clock.now() + ceiling.windowMs);
  // Read under the lock: a guess that waited for it must not be judged by an old time.
  const now = clock.now();
  const until = now + ceiling.windowMs;
  const segments = await readSegments(tx, segmentKeys(key, ceiling, now), now);
  const used = segments.reduce((sum, segment) => sum + segment.hits, 0);
  const opensAt = segments.reduce((earliest, segment) => Math.min(earliest, segment.expires_at), until);
  if (used >= ceiling.failures) return { closedUntil: opensAt };
  const segment = `${key}:${segmentOf(ceiling, now)}`;
  await hitSegment(tx, segment, until);
  const closedUntil = used + 1 >= ceiling.failures ? opensAt : 0;
  await writeThrottle(tx, key, { failures: used + 1, blocked_until: closedUntil, expires_at: until });
  return { key, segment };
}

/** The try was no failure: its place under the ceiling is free again, and only its own. */
export async function giveBack(
  tx: Query,
  { key, segment }: Ticket,
  ceiling: Ceiling,
  now: number,
): Promise<void> {
  const row = await lockThrottle(tx, key, now + ceiling.windowMs);
  await unhitSegment(tx, segment);
  if (row === undefined) return;
  await writeThrottle(tx, key, {
    failures: Math.max(0, row.failures - 1),
    blocked_until: 0,
    expires_at: row.expires_at,
  });
}

const segmentOf = (ceiling: Ceiling, time: number): number =>
  Math.floor((time * segmentsAWindow) / ceiling.windowMs);

/** All that can still count, and one ahead for a process whose clock is ahead of ours. */
function segmentKeys(key: string, ceiling: Ceiling, now: number): string[] {
  const newest = segmentOf(ceiling, now) + 1;
  return Array.from({ length: segmentsAWindow + 2 }, (_, back) => `${key}:${newest - back}`);
}
