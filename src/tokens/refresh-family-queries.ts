import type { Query } from '../store/connection.js';

/** Why a session ended. The first reason stays. */
export type RevokedReason =
  | 'signed_out'
  | 'revoked'
  | 'password_changed'
  | 'account_disabled'
  | 'reused'
  | 'ended_by_admin'
  | 'ended_by_owner'
  | 'too_many';

export interface SessionRecord {
  readonly sessionId: string;
  readonly accountId: string;
  readonly clientId: string;
  /** Milliseconds; absolute. */
  readonly expiresAt: number;
  readonly revokedAt: number | null;
  /** Milliseconds, to the minute. */
  readonly lastSeenAt: number;
}

interface NewSession extends Omit<SessionRecord, 'revokedAt' | 'lastSeenAt'> {
  readonly createdAt: number;
  readonly scopes?: readonly string[] | undefined;
  readonly openedBy: 'password' | 'application';
  readonly device: string | null;
  readonly network: string | null;
}

export async function insertSession(tx: Query, session: NewSession): Promise<void> {
  await tx
    .insertInto('sallyport_sessions')
    .values({
      id: session.sessionId,
      account_id: session.accountId,
      client_id: session.clientId,
      created_at: session.createdAt,
      expires_at: session.expiresAt,
      revoked_at: null,
      revoked_reason: null,
      scopes: session.scopes?.join(' ') ?? null,
      opened_by: session.openedBy,
      device: session.device,
      network: session.network,
      last_seen_at: session.createdAt,
    })
    .execute();
}

export async function insertRefreshToken(
  tx: Query,
  token: { readonly digest: string; readonly sessionId: string; readonly createdAt: number },
): Promise<void> {
  await tx
    .insertInto('sallyport_refresh_tokens')
    .values({
      digest: token.digest,
      session_id: token.sessionId,
      created_at: token.createdAt,
      consumed_at: null,
      successor_seed: null,
      successor_digest: null,
    })
    .execute();
}

/**
 * Reads a session and holds its row until the transaction ends, so that all that befalls one family befalls it in turn.
 * The update changes nothing: it is the one row lock that both engines spell alike, and it returns the newest version.
 */
export async function lockSession(tx: Query, sessionId: string): Promise<SessionRecord | undefined> {
  const row = await tx
    .updateTable('sallyport_sessions')
    .set((eb) => ({ expires_at: eb.ref('expires_at') }))
    .where('id', '=', sessionId)
    .returning(['account_id', 'client_id', 'created_at', 'last_seen_at', 'expires_at', 'revoked_at'])
    .executeTakeFirst();
  return (
    row && {
      sessionId,
      accountId: row.account_id,
      clientId: row.client_id,
      expiresAt: row.expires_at,
      revokedAt: row.revoked_at,
      lastSeenAt: row.last_seen_at ?? row.created_at,
    }
  );
}

interface Consumption {
  readonly digest: string;
  readonly consumedAt: number;
  readonly successorSeed: string;
  readonly successorDigest: string;
}

/** True for the one call that consumed the token: the conditional write is the verdict, whoever else tries. */
export async function consumeRefreshToken(tx: Query, consumption: Consumption): Promise<boolean> {
  const row = await tx
    .updateTable('sallyport_refresh_tokens')
    .set({
      consumed_at: consumption.consumedAt,
      successor_seed: consumption.successorSeed,
      successor_digest: consumption.successorDigest,
    })
    .where('digest', '=', consumption.digest)
    .where('consumed_at', 'is', null)
    .returning('digest')
    .executeTakeFirst();
  return row !== undefined;
}

export const findRefreshToken = (db: Query, digest: string) =>
  db
    .selectFrom('sallyport_refresh_tokens')
    .select(['session_id', 'consumed_at', 'successor_seed', 'successor_digest'])
    .where('digest', '=', digest)
    .executeTakeFirst();

export const findSessionByDigest = (db: Query, digest: string) =>
  db
    .selectFrom('sallyport_refresh_tokens as t')
    .innerJoin('sallyport_sessions as s', 's.id', 't.session_id')
    .select(['s.id', 's.account_id'])
    .where('t.digest', '=', digest)
    .executeTakeFirst();

/** Takes from a family what successors are made again from. `except`: the token that was consumed just now. */
export async function eraseSeeds(tx: Query, sessionId: string, except?: string): Promise<void> {
  let query = tx
    .updateTable('sallyport_refresh_tokens')
    .set({ successor_seed: null })
    .where('session_id', '=', sessionId)
    .where('successor_seed', 'is not', null);
  if (except !== undefined) query = query.where('digest', '!=', except);
  await query.execute();
}

/** The same for every ended session of an account, however many: no list of them is ever sent. */
export async function eraseSeedsOfEnded(tx: Query, accountId: string): Promise<void> {
  await tx
    .updateTable('sallyport_refresh_tokens')
    .set({ successor_seed: null })
    .where('successor_seed', 'is not', null)
    .where('session_id', 'in', (sessions) =>
      sessions
        .selectFrom('sallyport_sessions')
        .select('id')
        .where('account_id', '=', accountId)
        .where('revoked_at', 'is not', null),
    )
    .execute();
}

/** When a session was given the `nth` newest of its refresh tokens after `since` and up to `now`; undefined where it got fewer. */
export async function findIssuedAt(
  tx: Query,
  sessionId: string,
  { since, now, nth }: { readonly since: number; readonly now: number; readonly nth: number },
): Promise<number | undefined> {
  const row = await tx
    .selectFrom('sallyport_refresh_tokens')
    .select('created_at')
    .where('session_id', '=', sessionId)
    .where('created_at', '>', since)
    .where('created_at', '<=', now)
    .orderBy('created_at', 'desc')
    .offset(nth - 1)
    .limit(1)
    .executeTakeFirst();
  return row?.created_at;
}

interface Revocation {
  readonly revokedAt: number;
  readonly reason: RevokedReason;
}

/** True when the session lived until now. */
export async function markRevoked(tx: Query, sessionId: string, revocation: Revocation): Promise<boolean> {
  const row = await tx
    .updateTable('sallyport_sessions')
    .set({ revoked_at: revocation.revokedAt, revoked_reason: revocation.reason })
    .where('id', '=', sessionId)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** How many sessions lived until now. */
export async function markAllRevoked(
  tx: Query,
  accountId: string,
  revocation: Revocation & { readonly except: string | undefined },
): Promise<number> {
  let query = tx
    .updateTable('sallyport_sessions')
    .set({ revoked_at: revocation.revokedAt, revoked_reason: revocation.reason })
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null);
  if (revocation.except !== undefined) query = query.where('id', '!=', revocation.except);
  return Number((await query.executeTakeFirst()).numUpdatedRows);
}
