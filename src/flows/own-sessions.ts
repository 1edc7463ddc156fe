import { Refusal } from '../base/errors.js';
import { recordEvent } from '../events/events-queries.js';
import { revokeSessionsOf } from '../tokens/refresh-family.js';
import { eraseSeeds } from '../tokens/refresh-family-queries.js';
import { listSessions, revokeOwn, type SessionEntry } from '../tokens/session-queries.js';
import { idleSince } from '../tokens/session-state.js';
import { type Actor, eventContext, type FlowDeps, type Origin } from './flow-deps.js';

type ListDeps = Pick<FlowDeps, 'store' | 'clock' | 'settings' | 'activity'>;
type EndDeps = Pick<FlowDeps, 'store' | 'clock'>;

/** The live sessions of an account, the newest first, each seen as lately as this process knows (ASVS 7.5.2). */
export async function sessionsOf(deps: ListDeps, accountId: string): Promise<readonly SessionEntry[]> {
  const now = deps.clock.now();
  const since = idleSince(deps.settings.sessions, now);
  const entries = await listSessions(deps.store.db, accountId, now);
  return entries
    .map((entry) => ({
      ...entry,
      lastSeenAt: Math.max(entry.lastSeenAt, deps.activity.noted(entry.sessionId) ?? 0),
    }))
    .filter(({ lastSeenAt }) => lastSeenAt > since);
}

const reasonOf = ({ by }: Actor) => (by === 'self' ? 'ended_by_owner' : 'ended_by_admin');

/** Ends one session of an account. 404 where it has no such one that lives: somebody else's counts as none. */
export async function endSession(
  deps: EndDeps,
  { accountId, sessionId }: { readonly accountId: string; readonly sessionId: string },
  actor: Actor,
  origin: Origin,
): Promise<void> {
  const reason = reasonOf(actor);
  await deps.store.transaction(async (tx) => {
    const now = deps.clock.now();
    if (!(await revokeOwn(tx, { sessionId, accountId, now, reason }))) throw new Refusal('not_found');
    await eraseSeeds(tx, sessionId);
    const event = { name: 'session.revoked', actorId: actor.actorId, subjectId: accountId } as const;
    const details = { session_id: sessionId, reason } as const;
    await recordEvent(tx, { ...event, details }, eventContext(deps, origin));
  });
}

/** Ends every session of an account but the one that asks. */
export async function endOtherSessions(
  deps: EndDeps,
  { accountId, sessionId }: { readonly accountId: string; readonly sessionId: string },
  origin: Origin,
): Promise<void> {
  const reason = 'ended_by_owner';
  await deps.store.transaction(async (tx) => {
    const ended = await revokeSessionsOf(tx, accountId, { except: sessionId, reason, clock: deps.clock });
    if (ended === 0) return;
    const event = { name: 'session.revoked', actorId: accountId, subjectId: accountId } as const;
    await recordEvent(
      tx,
      { ...event, details: { reason, sessions_ended: ended } },
      eventContext(deps, origin),
    );
  });
}
