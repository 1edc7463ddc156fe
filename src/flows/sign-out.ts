import { recordEvent } from '../events/events-queries.js';
import { revokeSession } from '../tokens/refresh-family.js';
import { eventContext, type FlowDeps, type Origin } from './flow-deps.js';

/** Ends the session that asks, and with it every token that came of it (ASVS 7.4.1). */
export async function signOut(
  deps: Pick<FlowDeps, 'store' | 'clock'>,
  session: { readonly accountId: string; readonly sessionId: string },
  origin: Origin,
): Promise<void> {
  const { accountId, sessionId } = session;
  await deps.store.transaction(async (tx) => {
    if (!(await revokeSession(tx, sessionId, 'signed_out', deps.clock))) return;
    const event = { name: 'session.revoked', actorId: accountId, subjectId: accountId } as const;
    const details = { session_id: sessionId, reason: 'signed_out' } as const;
    await recordEvent(tx, { ...event, details }, eventContext(deps, origin));
  });
}
