import type { Query } from '../store/connection.js';
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
      'a.email',
      'a.username',
      'a.full_name',
      'a.bio',
      'a.role',
      'a.is_active',
      'a.created_at',
      'a.password_version',
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
  readonly account: {
    readonly id: string;
    readonly email: string;
    readonly username: string;
    readonly fullName: string | null;
    readonly bio: string | null;
    readonly role: string;
    readonly isActive: boolean;
    /** Milliseconds. */
    readonly createdAt: number;
    readonly passwordVersion: number;
  };
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
    account: {
      id: row.account_id,
      email: row.email,
      username: row.username,
      fullName: row.full_name,
      bio: row.bio,
      role: row.role,
      isActive: row.is_active,
      createdAt: row.created_at,
      passwordVersion: row.password_version,
    },
  };
}
