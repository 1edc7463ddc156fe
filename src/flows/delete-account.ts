import { lockAccount, lockAdmins, deleteAccount as removeAccount } from '../accounts/accounts-queries.js';
import { Refusal } from '../base/errors.js';
import { recordEvent } from '../events/events-queries.js';
import { transact } from './account-hooks.js';
import { type Actor, eventContext, type FlowDeps, type Origin } from './flow-deps.js';

/** Removes an account with its sessions and tokens. 404 where there is none, 409 for the last active admin. */
export async function deleteAccount(
  deps: Pick<FlowDeps, 'store' | 'clock' | 'hooks'>,
  accountId: string,
  { actorId, by }: Actor,
  origin: Origin,
): Promise<void> {
  await transact(deps, async (tx, happened) => {
    const admins = await lockAdmins(tx);
    if (admins.length === 1 && admins[0] === accountId) throw new Refusal('last_admin');
    const account = await lockAccount(tx, accountId);
    if (!account) throw new Refusal('not_found');
    // Told while it is still there: rows that refer to it can be read, kept or moved.
    await happened({ name: 'account.deleted', account, actorId, by });
    await removeAccount(tx, accountId);
    const event = { name: 'account.deleted', actorId, subjectId: accountId, details: { by } } as const;
    await recordEvent(tx, event, eventContext(deps, origin));
  });
}
