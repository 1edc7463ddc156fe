import type { Query } from '../store/connection.js';
import type { RevokedReason } from './refresh-family-queries.js';

/** A live session as its owner sees it. Times in milliseconds. */
export interface SessionEntry {
  readonly sessionId: string;
  readonly clientId: string;
  /** What the client called itself; null where it said nothing. */
  readonly device: string | null;
  /** Where it was opened from, shortened: an IPv4 /24, an IPv6 /48. */
  readonly network: string | null;
  readonly createdAt: number;
  /** To the minute. */
  readonly lastSeenAt: number;
  readonly expiresAt: number;
}

/** The live sessions of an account, the newest first. */
export async function listSessions(
  db: Query,
  accountId: string,
  now: number,
): Promise<readonly SessionEntry[]> {
  const rows = await db
    .selectFrom('sallyport_sessions')
    .select(['id', 'client_id', 'device', 'network', 'created_at', 'last_seen_at', 'expires_at'])
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return rows.map((row) => ({
    sessionId: row.id,
    clientId: row.client_id,
    device: row.device,
    network: row.network,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at ?? row.created_at,
    expiresAt: row.expires_at,
  }));
}

/** Ends a session of that account; false where it has no such one that lives. */
export async function revokeOwn(
  tx: Query,
  { sessionId, accountId, now, reason }: Ending & { readonly sessionId: string },
): Promise<boolean> {
  const query = tx
    .updateTable('sallyport_sessions')
    .set({ revoked_at: now, revoked_reason: reason })
    .where('id', '=', sessionId)
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now);
  return (await query.executeTakeFirst()).numUpdatedRows > 0n;
}

interface Ending {
  readonly accountId: string;
  readonly now: number;
  readonly reason: RevokedReason;
}

/**
 * Ends the sessions by password that were seen longest ago, so that `keep` and the `most - 1` others seen last stay; `keep` is
 * the one that was just opened, whatever its clock said. Tells how many ended.
 */
export async function revokeBeyond(
  tx: Query,
  { accountId, now, reason, most, keep }: Ending & { readonly most: number; readonly keep: string },
): Promise<number> {
  const others = tx
    .selectFrom('sallyport_sessions')
    .select('id')
    .where('account_id', '=', accountId)
    .where('id', '!=', keep)
    .where('opened_by', '=', 'password')
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy((eb) => eb.fn.coalesce('last_seen_at', 'created_at'), 'desc')
    .orderBy('id', 'desc')
    .offset(most - 1)
    .limit(1000);
  const beyond = (await others.execute()).map(({ id }) => id);
  if (beyond.length === 0) return 0;
  const query = tx
    .updateTable('sallyport_sessions')
    .set({ revoked_at: now, revoked_reason: reason })
    .where('id', 'in', beyond)
    .where('revoked_at', 'is', null);
  return Number((await query.executeTakeFirst()).numUpdatedRows);
}

/** Writes when a session was last seen; never backwards, whichever process writes last. */
export async function writeLastSeen(db: Query, sessionId: string, at: number): Promise<void> {
  await db
    .updateTable('sallyport_sessions')
    .set({ last_seen_at: at })
    .where('id', '=', sessionId)
    .where((eb) => eb.or([eb('last_seen_at', 'is', null), eb('last_seen_at', '<', at)]))
    .execute();
}
