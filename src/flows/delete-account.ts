import type { Account } from '../accounts/account.js';
import { lockAccount, lockAdmins, deleteAccount as removeAccount } from '../accounts/accounts-queries.js';
import { Refusal } from '../base/errors.js';
import { recordEvent } from '../events/events-queries.js';
import { transact } from './account-hooks.js';
import { assertStillProven, type Proven } from './assert-still-proven.js';
import { confirmPassword } from './confirm-password.js';
import { type Actor, eventContext, type FlowDeps, type Origin, self } from './flow-deps.js';

type DeleteDeps = Pick<FlowDeps, 'store' | 'clock' | 'hooks'>;

/** Removes an account with its sessions and tokens. 404 where there is none, 409 for the last active admin. */
export const deleteAccount = (
  deps: DeleteDeps,
  accountId: string,
  actor: Actor,
  origin: Origin,
): Promise<void> => remove(deps, accountId, actor, origin);

/** The same for the own account: 400 where the password is wrong, 401 where the session ended while it was hashed. */
export async function deleteOwnAccount(
  deps: DeleteDeps & Pick<FlowDeps, 'hasher' | 'throttle'>,
  account: Account,
  proof: { readonly password: string; readonly sessionId: string; readonly signal: AbortSignal | undefined },
  origin: Origin,
): Promise<void> {
  await confirmPassword(deps, account, { at: 'delete_account', ...proof }, origin);
  const { id: accountId, passwordVersion } = account;
  const { sessionId } = proof;
  await remove(deps, accountId, self(accountId), origin, { accountId, passwordVersion, sessionId });
}

async function remove(
  deps: DeleteDeps,
  accountId: string,
  { actorId, by }: Actor,
  origin: Origin,
  proven?: Proven,
): Promise<void> {
  await transact(deps, async (tx, happened) => {
    const admins = await lockAdmins(tx);
    if (proven) await assertStillProven(deps, tx, proven);
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
