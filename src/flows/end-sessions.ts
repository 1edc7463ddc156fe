import { lockAccount } from '../accounts/accounts-queries.js';
import { Refusal } from '../base/errors.js';
import { recordEvent } from '../events/events-queries.js';
import { revokeSessionsOf } from '../tokens/refresh-family.js';
import { type Actor, eventContext, type FlowDeps, type Origin } from './flow-deps.js';

/** An admin ends every session of an account (ASVS 7.4.5). 404 where there is none. */
export async function endSessions(
  deps: Pick<FlowDeps, 'store' | 'clock'>,
  accountId: string,
  { actorId }: Actor,
  origin: Origin,
): Promise<void> {
  await deps.store.transaction(async (tx) => {
    if (!(await lockAccount(tx, accountId))) throw new Refusal('not_found');
    const reason = 'ended_by_admin';
    const ended = await revokeSessionsOf(tx, accountId, { reason, clock: deps.clock });
    const event = { name: 'session.revoked', actorId, subjectId: accountId } as const;
    await recordEvent(
      tx,
      { ...event, details: { reason, sessions_ended: ended } },
      eventContext(deps, origin),
    );
  });
}
