import { recordEvent } from '../events/events-queries.js';
import { findSessionOfRefreshToken, revokeSession } from '../tokens/refresh-family.js';
import { eventContext, type FlowDeps, type Origin } from './flow-deps.js';

type RevokeDeps = Pick<FlowDeps, 'store' | 'clock' | 'accessTokens'>;

/**
 * RFC 7009: whoever holds a token may end it, and its session with it (§2.1). An unknown token is no error (§2.2), and
 * the hint is not needed: the two kinds of token cannot be taken for each other.
 */
export async function revokeToken(deps: RevokeDeps, token: string, origin: Origin): Promise<void> {
  const claims = deps.accessTokens.verify(token);
  const session = claims
    ? { sessionId: claims.sid, accountId: claims.sub }
    : await findSessionOfRefreshToken(deps.store.db, token);
  if (!session) return;
  await deps.store.transaction(async (tx) => {
    if (!(await revokeSession(tx, session.sessionId, 'revoked', deps.clock))) return;
    const details = {
      session_id: session.sessionId,
      token_type: claims ? 'access_token' : 'refresh_token',
    } as const;
    const event = { name: 'token.revoked', subjectId: session.accountId, details } as const;
    await recordEvent(tx, event, eventContext(deps, origin));
  });
}
