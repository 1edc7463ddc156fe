import type { Clock } from '../base/clock.js';
import type { Query } from '../store/connection.js';
import { throttleFigures } from './policy.js';
import {
  cutSegments,
  forgetThrottle,
  hitSegment,
  lockThrottle,
  readSegments,
  unhitSegment,
  writeThrottle,
} from './throttle-queries.js';

/** At most so many failures in any stretch of time as long as the window. */
export interface Ceiling {
  readonly failures: number;
  readonly windowMs: number;
}

/** One counted try, to be given back if it was no failure. */
export interface Ticket {
  readonly key: string;
  readonly segment: string;
  /** When the try stops counting. */
  readonly until: number;
}

const segmentsAWindow = 12;
/** One more than a window has, so that a segment is over before its place is taken again. */
const places = segmentsAWindow + 1;

/** The latest end that a segment can have, written by the server whose clock is furthest ahead. */
export const latestEnd = (ceiling: Ceiling, now: number): number =>
  now + ceiling.windowMs + throttleFigures.skewMs;

/**
 * Counts a try under a ceiling, inside the caller's transaction; or says until when the ceiling is closed. The caller
 * commits in both cases, because what a clock that was set back has left is mended here too.
 *
 * The tries lie in twelfths of the window, in thirteen places that are used in turn (`<key>:<0…12>` in the counters),
 * and a twelfth counts until its newest try is a whole window old: exact from above in any hour, where a fixed window
 * would let 200 guesses through around its edge. All places are read, so a clock that is set back forgets no failure;
 * one that it left in the far future counts a window from now and no longer.
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
  const { used, opensAt } = await readUsed(tx, key, ceiling, now);
  const isFull = used >= ceiling.failures;
  const segment = placeOf(key, ceiling, now);
  if (!isFull) await hitSegment(tx, segment, until, now);
  const failures = isFull ? used : used + 1;
  const closedUntil = failures >= ceiling.failures ? opensAt : 0;
  await writeThrottle(tx, key, {
    failures,
    blocked_until: closedUntil,
    expires_at: Math.max(until, closedUntil),
  });
  return isFull ? { closedUntil } : { key, segment, until };
}

/** The try was no failure: its place under the ceiling is free again, and only its own. Rows that count nothing go. */
export async function giveBack(
  tx: Query,
  { key, segment, until }: Ticket,
  ceiling: Ceiling,
  now: number,
): Promise<void> {
  // It counts no more, and its place may hold the tries of another hour by now.
  if (until <= now) return;
  const row = await lockThrottle(tx, key, now + ceiling.windowMs);
  await unhitSegment(tx, segment);
  if (row === undefined) return;
  const failures = row.failures - 1;
  if (failures <= 0) return forgetThrottle(tx, key);
  await writeThrottle(tx, key, { failures, blocked_until: 0, expires_at: row.expires_at });
}

/** How many tries count, and when the first of them stops counting. */
async function readUsed(
  tx: Query,
  key: string,
  ceiling: Ceiling,
  now: number,
): Promise<{ used: number; opensAt: number }> {
  const keys = Array.from({ length: places }, (_, place) => `${key}:${place}`);
  const segments = await readSegments(tx, keys, now);
  const until = now + ceiling.windowMs;
  const latest = latestEnd(ceiling, now);
  const isWrong = segments.some(({ expires_at }) => expires_at > latest);
  if (isWrong) await cutSegments(tx, keys, latest, until);
  const ends = segments.map(({ expires_at }) => (expires_at > latest ? until : expires_at));
  return {
    used: segments.reduce((sum, { hits }) => sum + hits, 0),
    opensAt: ends.length === 0 ? until : Math.min(...ends),
  };
}

const placeOf = (key: string, ceiling: Ceiling, now: number): string =>
  `${key}:${Math.floor((now * segmentsAWindow) / ceiling.windowMs) % places}`;
