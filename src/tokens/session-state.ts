import type { Settings } from '../settings/settings.js';
import type { AccessClaims } from './access-token.js';
import type { Principal } from './principal-queries.js';
import type { RevokedReason } from './refresh-family-queries.js';

const disabling: RevokedReason = 'account_disabled';

/** `invalid`: 401 "Could not validate credentials". `disabled`: 403 "Account is disabled". */
export type SessionState = 'live' | 'disabled' | 'invalid';

/** A session that was last seen then, or before, has idled for too long; -1 where sessions do not end by idling. */
export const idleSince = ({ idleMinutes }: Settings['sessions'], now: number): number =>
  idleMinutes === 0 ? -1 : now - idleMinutes * 60_000;

/**
 * Judges the session behind a verified access token. Disabling an account revokes its families, and still its tokens are
 * told "disabled" while it lasts; once the account is enabled they stay dead, for the revocation is not taken back.
 */
export function judgeSession(
  principal: Principal | undefined,
  claims: Pick<AccessClaims, 'sub' | 'sid'>,
  { now, idle }: { readonly now: number; readonly idle: boolean },
): SessionState {
  if (principal === undefined || principal.sessionId !== claims.sid) return 'invalid';
  // `sub` and `sid` belong together: a session proves its own account and no other.
  if (principal.account.id !== claims.sub || principal.expiresAt <= now || idle) return 'invalid';
  const isRevoked = principal.revokedAt !== null;
  if (isRevoked && principal.revokedReason !== disabling) return 'invalid';
  if (!principal.account.isActive) return 'disabled';
  return isRevoked ? 'invalid' : 'live';
}
