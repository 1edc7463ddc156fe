import { Refusal } from '../base/errors.js';
import { recordEvent, recordRefusal } from '../events/events-queries.js';
import { sessionPolicy } from '../limits/policy.js';
import { verdictOf } from '../limits/verdict.js';
import { rotate } from '../tokens/refresh-family.js';
import { eventContext, type FlowDeps, type Origin } from './flow-deps.js';
import type { GrantedTokens } from './sign-in.js';

type RefreshDeps = Pick<FlowDeps, 'store' | 'clock' | 'settings' | 'accessTokens'>;

/**
 * The refresh grant (RFC 6749 §6, RFC 9700 §4.14). Whatever does not hold is 400 `invalid_grant`; a session that
 * refreshes more than 120 times an hour is 429. A token presented
 * again after its grace ends its whole family: that is committed first, and refused after.
 */
export async function refresh(
  deps: RefreshDeps,
  refreshToken: string,
  origin: Origin,
): Promise<GrantedTokens> {
  const { clock, settings } = deps;
  const context = eventContext(deps, origin);
  const rotation = await deps.store.transaction(async (tx) => {
    const made = await rotate(tx, refreshToken, {
      clock,
      graceSeconds: settings.jwt.refreshGraceSeconds,
      sessions: settings.sessions,
    });
    if (made.outcome === 'reused') {
      const { accountId: subjectId, sessionId } = made;
      await recordRefusal(
        tx,
        { name: 'refresh_token.reused', subjectId, details: { session_id: sessionId } },
        context,
      );
    }
    if (made.outcome === 'rotated') {
      const { accountId, sessionId } = made.session;
      const event = { name: 'refresh_token.rotated', actorId: accountId, subjectId: accountId } as const;
      await recordEvent(tx, { ...event, details: { session_id: sessionId } }, context);
    }
    return made;
  });
  if (rotation.outcome === 'too_often') throw tooOften(rotation.opensAt - clock.now());
  if (rotation.outcome !== 'rotated' && rotation.outcome !== 'repeated')
    throw new Refusal('invalid_grant', { reason: `refresh token ${rotation.outcome}` });
  return { ...deps.accessTokens.issue(rotation.session), refreshToken: rotation.refreshToken };
}

function tooOften(waitMs: number): Refusal {
  const limit = verdictOf(sessionPolicy, false, sessionPolicy.requests, waitMs);
  return new Refusal('too_many_requests', { retryAfter: limit.resetSeconds, limit });
}
