import type { Clock } from '../base/clock.js';
import type { Query, Store } from '../store/connection.js';
import { kept } from '../store/kept.js';
import type { Policy } from './policy.js';
import { type Verdict, verdictOf } from './verdict.js';

const readWindow = kept((db, key: string) =>
  db.selectFrom('sallyport_counters').select(['hits', 'expires_at']).where('key', '=', key),
);

/** Opens a window, opens the next one after its end, or counts in it; gives no row where the window is full. */
function hitWindow(db: Query, key: string, policy: Policy, now: number): Promise<Window | undefined> {
  return db
    .insertInto('sallyport_counters')
    .values({ key, hits: 1, expires_at: now + policy.windowSeconds * 1000 })
    .onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet((eb) => {
          const over = () => eb.case().when('sallyport_counters.expires_at', '<=', now);
          return {
            hits: over()
              .then(eb.ref('excluded.hits'))
              .else(eb('sallyport_counters.hits', '+', 1))
              .end(),
            // One that ends later than it could was opened under a clock that was set back since.
            expires_at: over()
              .then(eb.ref('excluded.expires_at'))
              .when('sallyport_counters.expires_at', '>', eb.ref('excluded.expires_at'))
              .then(eb.ref('excluded.expires_at'))
              .else(eb.ref('sallyport_counters.expires_at'))
              .end(),
          };
        })
        .where((eb) =>
          eb.or([
            eb('sallyport_counters.expires_at', '<=', now),
            eb('sallyport_counters.hits', '<', policy.requests),
          ]),
        ),
    )
    .returning(['hits', 'expires_at'])
    .executeTakeFirst();
}

/**
 * Counts one request of `key` in the database: exact over every process that shares it, by one atomic upsert.
 * A refused request only reads, so a flood of them never queues before the writers; but a full window that ends later
 * than a window from now (the clock was set back) is cut once, and keeps its count.
 *
 * The window is fixed and opens with the key's first request: after `resetSeconds` the whole quota is back. Around
 * its edge twice the number may pass at once; what is guarded by it (registering, signing in, refreshing) bears that,
 * because guesses are held by the sign-in throttle, which is exact in any hour. Throws `service_unavailable` when the
 * store is away: no limit, no entrance.
 */
export async function takeFromDatabase(
  store: Store,
  clock: Clock,
  key: string,
  policy: Policy,
): Promise<Verdict> {
  const name = `${policy.name}:${key}`;
  const now = clock.now();
  const before = await readWindow(store.db, name);
  if (isFull(before, policy, now)) {
    await cutWindow(store.relaxed, name, before, now + policy.windowSeconds * 1000);
    return refused(policy, before.expires_at - now);
  }
  const window = await hitWindow(store.relaxed, name, policy, now);
  if (window !== undefined) return verdictOf(policy, true, window.hits, window.expires_at - now);
  const after = await readWindow(store.db, name);
  return refused(policy, (after?.expires_at ?? now) - now);
}

interface Window {
  readonly hits: number;
  readonly expires_at: number;
}

const isFull = (window: Window | undefined, policy: Policy, now: number): window is Window =>
  window !== undefined && window.hits >= policy.requests && window.expires_at > now;

async function cutWindow(db: Query, key: string, { expires_at }: Window, latest: number): Promise<void> {
  if (expires_at <= latest) return;
  await db
    .updateTable('sallyport_counters')
    .set({ expires_at: latest })
    .where('key', '=', key)
    .where('expires_at', '>', latest)
    .execute();
}

const refused = (policy: Policy, resetMs: number): Verdict =>
  verdictOf(policy, false, policy.requests, Math.min(resetMs, policy.windowSeconds * 1000));
