import type { Clock } from '../base/clock.js';
import type { Query, Store } from './connection.js';

/** Rows a statement: small enough that nobody waits for the writer. */
const batch = 200;

export interface Purged {
  readonly counters: number;
  readonly throttles: number;
  /** Their refresh tokens go with them. */
  readonly sessions: number;
  readonly seeds: number;
  readonly apiKeys: number;
}

interface PurgeOptions {
  /** `SECURITY_JWT_REFRESH_GRACE_SECONDS`: successor seeds of tokens consumed longer ago are erased. Without it, none. */
  readonly graceSeconds?: number;
}

async function repeat(
  step: () => Promise<{ numDeletedRows: bigint } | { numUpdatedRows: bigint }>,
): Promise<number> {
  for (let total = 0; ; ) {
    const result = await step();
    const done = Number('numDeletedRows' in result ? result.numDeletedRows : result.numUpdatedRows);
    total += done;
    if (done < batch) return total;
  }
}

/** The outer condition holds for a row that is renewed between the look and the deletion, too. */
const expiredKeys = (table: 'sallyport_counters' | 'sallyport_throttles', db: Query, now: number) => () =>
  db
    .deleteFrom(table)
    .where('expires_at', '<=', now)
    .where('key', 'in', (eb) =>
      eb.selectFrom(table).select('key').where('expires_at', '<=', now).limit(batch),
    )
    .executeTakeFirstOrThrow();

const expiredSessions = (db: Query, now: number) => () =>
  db
    .deleteFrom('sallyport_sessions')
    .where('id', 'in', (eb) =>
      eb.selectFrom('sallyport_sessions').select('id').where('expires_at', '<=', now).limit(batch),
    )
    .executeTakeFirstOrThrow();

const expiredKeysOfPrograms = (db: Query, now: number) => () =>
  db
    .deleteFrom('sallyport_api_keys')
    .where('id', 'in', (eb) =>
      eb.selectFrom('sallyport_api_keys').select('id').where('expires_at', '<=', now).limit(batch),
    )
    .executeTakeFirstOrThrow();

const oldSeeds = (db: Query, until: number) => () =>
  db
    .updateTable('sallyport_refresh_tokens')
    .set({ successor_seed: null })
    .where('digest', 'in', (eb) =>
      eb
        .selectFrom('sallyport_refresh_tokens')
        .select('digest')
        .where('successor_seed', 'is not', null)
        .where('consumed_at', '<=', until)
        .limit(batch),
    )
    .executeTakeFirstOrThrow();

/** Erases what successors are made again from, where the token was consumed at or before `until`. */
export const eraseEndedSeeds = (db: Query, until: number): Promise<number> => repeat(oldSeeds(db, until));

/** Deletes what has expired, a few rows at a time, each in a statement of its own. Safe in several processes at once. */
export async function purge(store: Store, clock: Clock, options: PurgeOptions = {}): Promise<Purged> {
  const { db } = store;
  const now = clock.now();
  const { graceSeconds } = options;
  return {
    counters: await repeat(expiredKeys('sallyport_counters', db, now)),
    throttles: await repeat(expiredKeys('sallyport_throttles', db, now)),
    sessions: await repeat(expiredSessions(db, now)),
    apiKeys: await repeat(expiredKeysOfPrograms(db, now)),
    seeds: graceSeconds === undefined ? 0 : await eraseEndedSeeds(db, now - graceSeconds * 1_000),
  };
}
