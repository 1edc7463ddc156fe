import type { Query } from '../store/connection.js';
import { type Holder, holderColumns, toHolder } from '../store/holder.js';
import { kept } from '../store/kept.js';

const sessionWithAccount = kept((db: Query, sessionId: string) =>
  db
    .selectFrom('sallyport_sessions as s')
    .innerJoin('sallyport_accounts as a', 'a.id', 's.account_id')
    .select([
      's.account_id',
      's.client_id',
      's.expires_at',
      's.revoked_at',
      's.revoked_reason',
      's.scopes',
      's.created_at as opened_at',
      's.last_seen_at',
      ...holderColumns,
    ])
    .where('s.id', '=', sessionId),
);

/** Who stands behind a session, as the database says at this moment. */
export interface Principal {
  readonly sessionId: string;
  readonly clientId: string;
  /** Milliseconds. */
  readonly expiresAt: number;
  readonly revokedAt: number | null;
  readonly revokedReason: string | null;
  /** Permissions, separated by blanks; null where the session was not narrowed. */
  readonly scopes: string | null;
  /** Milliseconds, to the minute. */
  readonly lastSeenAt: number;
  readonly account: Holder;
}

/** The one read of every authenticated request: session and account in one row. Judged by `judgeSession`, not here. */
export async function loadPrincipal(db: Query, sessionId: string): Promise<Principal | undefined> {
  const row = await sessionWithAccount(db, sessionId);
  if (row === undefined) return undefined;
  return {
    sessionId,
    clientId: row.client_id,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    revokedReason: row.revoked_reason,
    scopes: row.scopes,
    lastSeenAt: row.last_seen_at ?? row.opened_at,
    account: toHolder(row),
  };
}
