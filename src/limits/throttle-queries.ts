import type { Query } from '../store/connection.js';
import { kept } from '../store/kept.js';

export interface ThrottleRow {
  readonly failures: number;
  readonly blocked_until: number;
  readonly expires_at: number;
}

/** Reads a row and holds it until the transaction ends, whether it was there or not: what makes parallel guesses queue. */
export const lockThrottle = kept((tx, key: string, until: number) =>
  tx
    .insertInto('sallyport_throttles')
    .values({ key, failures: 0, blocked_until: 0, expires_at: until })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet((eb) => ({ expires_at: eb.ref('sallyport_throttles.expires_at') })),
    )
    .returning(['failures', 'blocked_until', 'expires_at']),
);

export async function writeThrottle(tx: Query, key: string, row: ThrottleRow): Promise<void> {
  await tx.updateTable('sallyport_throttles').set(row).where('key', '=', key).execute();
}

export async function forgetThrottle(tx: Query, key: string): Promise<void> {
  await tx.deleteFrom('sallyport_throttles').where('key', '=', key).execute();
}

/**
 * Of two keys the one that is closed for longer, if any is: a read that spares refused guesses the transaction. What is
 * closed beyond the latest time that is possible (`untilOne`, `untilOther`) does not count here: the transaction mends it.
 */
export const readClosed = kept(
  (db, one: string, untilOne: number, other: string, untilOther: number, now: number) =>
    db
      .selectFrom('sallyport_throttles')
      .select(['key', 'blocked_until'])
      .where((eb) =>
        eb.or([
          eb('key', '=', one).and('blocked_until', '<=', untilOne),
          eb('key', '=', other).and('blocked_until', '<=', untilOther),
        ]),
      )
      .where('blocked_until', '>', now)
      .orderBy('blocked_until', 'desc')
      .limit(1),
);

/** The segments of a ceiling that still count. */
export function readSegments(tx: Query, keys: readonly string[], now: number) {
  return tx
    .selectFrom('sallyport_counters')
    .select(['hits', 'expires_at'])
    .where('key', 'in', keys)
    .where('expires_at', '>', now)
    .where('hits', '>', 0)
    .execute();
}

/** What ends after `latest` ends at `until` instead. */
export async function cutSegments(
  tx: Query,
  keys: readonly string[],
  latest: number,
  until: number,
): Promise<void> {
  await tx
    .updateTable('sallyport_counters')
    .set({ expires_at: until })
    .where('key', 'in', keys)
    .where('expires_at', '>', latest)
    .execute();
}

/** Counts a hit. A segment that is over begins anew. */
export const hitSegment = kept((tx, key: string, until: number, now: number) =>
  tx
    .insertInto('sallyport_counters')
    .values({ key, hits: 1, expires_at: until })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet((eb) => ({
        hits: eb
          .case()
          .when('sallyport_counters.expires_at', '<=', now)
          .then(eb.ref('excluded.hits'))
          .else(eb('sallyport_counters.hits', '+', 1))
          .end(),
        expires_at: eb
          .case()
          .when('sallyport_counters.expires_at', '<', eb.ref('excluded.expires_at'))
          .then(eb.ref('excluded.expires_at'))
          .else(eb.ref('sallyport_counters.expires_at'))
          .end(),
      })),
    )
    .returning('hits'),
);

/** Takes a hit back; the last one takes the row along. */
export async function unhitSegment(tx: Query, key: string): Promise<void> {
  const { numDeletedRows } = await tx
    .deleteFrom('sallyport_counters')
    .where('key', '=', key)
    .where('hits', '<=', 1)
    .executeTakeFirstOrThrow();
  if (numDeletedRows > 0n) return;
  await tx
    .updateTable('sallyport_counters')
    .set((eb) => ({ hits: eb('hits', '-', 1) }))
    .where('key', '=', key)
    .execute();
}
