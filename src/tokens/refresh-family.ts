import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.js';
import { hmacSha256, sha256 } from '../base/digest.js';
import { randomToken, uuidv7 } from '../base/random.js';
import { sessionPolicy } from '../limits/policy.js';
import type { Settings } from '../settings/settings.js';
import type { Query } from '../store/connection.js';
import {
  consumeRefreshToken,
  eraseSeeds,
  eraseSeedsOfEnded,
  findIssuedAt,
  findRefreshToken,
  findSessionByDigest,
  insertRefreshToken,
  insertSession,
  lockSession,
  markAllRevoked,
  markRevoked,
  type RevokedReason,
  type SessionRecord,
} from './refresh-family-queries.js';
import { writeLastSeen } from './session-queries.js';
import { idleSince } from './session-state.js';

const day = 24 * 60 * 60 * 1000;

/** A session as its tokens are issued for. `expiresAt`: milliseconds, absolute. */
export type Session = Omit<SessionRecord, 'revokedAt'>;

/**
 * What became of a presented refresh token. `rotated` and `repeated` carry the successor. After `reused` the family is
 * revoked in this very transaction: it must be COMMITTED and then refused; a throw inside would undo it.
 */
export type RotationOutcome =
  | { readonly outcome: 'rotated' | 'repeated'; readonly session: Session; readonly refreshToken: string }
  | { readonly outcome: 'reused'; readonly sessionId: string; readonly accountId: string }
  /** `opensAt`: when the next one may be had; milliseconds. */
  | { readonly outcome: 'too_often'; readonly opensAt: number }
  | { readonly outcome: 'unknown' | 'expired' | 'revoked' };

/** Starts a family: one sign-in, its session row and its first refresh token. A refresh never moves `expiresAt`. */
export async function openSession(
  tx: Query,
  options: {
    readonly accountId: string;
    readonly clientId: string;
    readonly clock: Clock;
    readonly expireDays: number;
    readonly device: string | null;
    readonly network: string | null;
  },
): Promise<{ readonly sessionId: string; readonly refreshToken: string; readonly expiresAt: number }> {
  const { accountId, clientId, clock, device, network } = options;
  const createdAt = clock.now();
  const expiresAt = createdAt + Math.floor(options.expireDays * day);
  const sessionId = uuidv7(clock);
  const refreshToken = randomToken();
  const opened = { openedBy: 'password', device, network } as const;
  await insertSession(tx, { sessionId, accountId, clientId, createdAt, expiresAt, ...opened });
  await insertRefreshToken(tx, { digest: sha256(refreshToken), sessionId, createdAt });
  return { sessionId, refreshToken, expiresAt };
}

/** A session without refresh tokens, opened by the application for `expiresIn` whole seconds; `scopes` narrow it. */
export async function openNarrowSession(
  tx: Query,
  options: {
    readonly accountId: string;
    readonly clientId: string;
    readonly clock: Clock;
    readonly expiresIn: number;
    readonly scopes: readonly string[] | undefined;
  },
): Promise<{ readonly sessionId: string; readonly expiresAt: number }> {
  const { accountId, clientId, clock, scopes } = options;
  const createdAt = clock.now();
  const expiresAt = createdAt + options.expiresIn * 1000;
  const sessionId = uuidv7(clock);
  const opened = { openedBy: 'application', device: null, network: null } as const;
  await insertSession(tx, { sessionId, accountId, clientId, createdAt, expiresAt, scopes, ...opened });
  return { sessionId, expiresAt };
}

/** Both halves of a family's chain: 32 bytes as base64url. Whatever else is sent is unknown, and asks no database. */
const refreshTokenForm = /^[\w-]{43}$/;

/**
 * Exchanges a refresh token for its successor (RFC 6749 §6, RFC 9700 §4.14, ASVS 10.4.5). A token that was consumed
 * before gets the same successor again while the grace lasts and that successor was never presented; else its family is
 * revoked. `graceSeconds` 0: every second use revokes.
 */
export async function rotate(
  tx: Query,
  refreshToken: string,
  options: { readonly clock: Clock; readonly graceSeconds: number; readonly sessions: Settings['sessions'] },
): Promise<RotationOutcome> {
  if (!refreshTokenForm.test(refreshToken)) return { outcome: 'unknown' };
  const now = options.clock.now();
  const digest = sha256(refreshToken);
  const known = await findRefreshToken(tx, digest);
  const locked = known && (await lockSession(tx, known.session_id));
  if (!locked) return { outcome: 'unknown' };
  const { revokedAt, ...session } = locked;
  if (revokedAt !== null) return { outcome: 'revoked' };
  if (session.expiresAt <= now || session.lastSeenAt <= idleSince(options.sessions, now))
    return { outcome: 'expired' };
  const opensAt = known.consumed_at === null ? await closedUntil(tx, session.sessionId, now) : undefined;
  if (opensAt !== undefined) return { outcome: 'too_often', opensAt };
  const successorSeed = randomBytes(32).toString('base64url');
  const successor = successorOf(refreshToken, successorSeed);
  const successorDigest = sha256(successor);
  if (await consumeRefreshToken(tx, { digest, consumedAt: now, successorSeed, successorDigest })) {
    await writeLastSeen(tx, session.sessionId, now);
    await insertRefreshToken(tx, { digest: successorDigest, sessionId: session.sessionId, createdAt: now });
    // The presented token was somebody's successor: now that it is used, it cannot be given out again.
    await eraseSeeds(tx, session.sessionId, digest);
    return { outcome: 'rotated', session, refreshToken: successor };
  }
  return presentedAgain(tx, refreshToken, session, { now, graceSeconds: options.graceSeconds });
}

/** Undefined while the session may have another token. What a clock that was set back since has left in the future does not count. */
async function closedUntil(tx: Query, sessionId: string, now: number): Promise<number | undefined> {
  const { requests: nth, windowSeconds } = sessionPolicy;
  const window = windowSeconds * 1000;
  const oldest = await findIssuedAt(tx, sessionId, { since: now - window, now, nth });
  return oldest === undefined ? undefined : oldest + window;
}

async function presentedAgain(
  tx: Query,
  refreshToken: string,
  session: Session,
  { now, graceSeconds }: { readonly now: number; readonly graceSeconds: number },
): Promise<RotationOutcome> {
  // Read anew: what stood here before the lock may be older than the consumption that we lost to.
  const row = await findRefreshToken(tx, sha256(refreshToken));
  if (row?.successor_seed && isWithinGrace(row.consumed_at, now, graceSeconds)) {
    const successor = successorOf(refreshToken, row.successor_seed);
    if (sha256(successor) === row.successor_digest)
      return { outcome: 'repeated', session, refreshToken: successor };
  }
  const { sessionId, accountId } = session;
  await markRevoked(tx, sessionId, { revokedAt: now, reason: 'reused' });
  await eraseSeeds(tx, sessionId);
  return { outcome: 'reused', sessionId, accountId };
}

/**
 * Counted in both directions: servers' clocks differ, and clocks are set back. By less than the grace that harms nobody;
 * by more, nothing is known of how long ago it was, and the grace must not last for as long as the clock went back.
 */
const isWithinGrace = (consumedAt: number | null, now: number, graceSeconds: number): boolean =>
  consumedAt !== null && Math.abs(now - consumedAt) < graceSeconds * 1000;

/** Only who holds the presented token can make its successor: the seed alone, at rest, opens nothing. */
const successorOf = (refreshToken: string, seed: string): string =>
  hmacSha256(refreshToken, Buffer.from(seed, 'base64url'));

/** Ends a session and all its tokens. False when it had ended before or never was; its first reason stays. */
export async function revokeSession(
  tx: Query,
  sessionId: string,
  reason: RevokedReason,
  clock: Clock,
): Promise<boolean> {
  const revoked = await markRevoked(tx, sessionId, { revokedAt: clock.now(), reason });
  if (revoked) await eraseSeeds(tx, sessionId);
  return revoked;
}

/** Ends every session of an account but `except`; tells how many lived until now. */
export async function revokeSessionsOf(
  tx: Query,
  accountId: string,
  options: { readonly except?: string | undefined; readonly reason: RevokedReason; readonly clock: Clock },
): Promise<number> {
  const { except, reason, clock } = options;
  const revoked = await markAllRevoked(tx, accountId, { except, reason, revokedAt: clock.now() });
  await eraseSeedsOfEnded(tx, accountId);
  return revoked;
}

/**
 * The session that a refresh token belongs to, for RFC 7009: consumed tokens count too, so that a second tab which still
 * holds the old one can sign out. (Presented for refresh after the grace it would end the session as well.)
 */
export async function findSessionOfRefreshToken(
  db: Query,
  refreshToken: string,
): Promise<{ readonly sessionId: string; readonly accountId: string } | undefined> {
  if (!refreshTokenForm.test(refreshToken)) return undefined;
  const row = await findSessionByDigest(db, sha256(refreshToken));
  return row && { sessionId: row.id, accountId: row.account_id };
}
