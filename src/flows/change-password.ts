import type { Account } from '../accounts/account.js';
import { setPasswordHash } from '../accounts/accounts-queries.js';
import { revokeApiKeysOf } from '../api-keys/api-keys-queries.js';
import { InvalidInput } from '../base/errors.js';
import { recordEvent } from '../events/events-queries.js';
import { revokeSessionsOf } from '../tokens/refresh-family.js';
import { transact } from './account-hooks.js';
import { assertPassword } from './assert-password.js';
import { assertStillProven } from './assert-still-proven.js';
import { confirmPassword } from './confirm-password.js';
import { eventContext, type FlowDeps, type Origin } from './flow-deps.js';

interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
  /** The session that asks: the one that lives on. */
  readonly sessionId: string;
  readonly signal: AbortSignal | undefined;
  /** The programs' keys end, too: whoever knew the password may have made one. */
  readonly revokeApiKeys: boolean;
}

const samePassword = {
  loc: ['body', 'new_password'],
  msg: 'Value error, The new password must differ from the current one',
  type: 'value_error',
} as const;

/**
 * Changes the own password (ASVS 6.2.2, 6.2.3): 400 where the current one is wrong, 422 where the new one breaks the
 * policy or is the old one, 401 where the session ended while it hashed. Every other session of the account ends, and every device token is void.
 */
export async function changePassword(
  deps: FlowDeps,
  account: Account,
  change: PasswordChange,
  origin: Origin,
): Promise<void> {
  const { clock, hasher } = deps;
  const { currentPassword, newPassword, sessionId: except, signal } = change;
  assertPassword(deps, newPassword, account, 'new_password');
  // Both are the client's own words, so this tells nothing; after the hash it would be a hash that nothing counts.
  if (currentPassword === newPassword) throw new InvalidInput([samePassword]);
  await confirmPassword(
    deps,
    account,
    { at: 'change_password', password: currentPassword, sessionId: except, signal },
    origin,
  );
  const passwordHash = await hasher.hash(newPassword, signal, { known: account.id });
  const { id: accountId, passwordVersion } = account;
  await transact(deps, async (tx, happened) => {
    // Two changes at once: the second one's current password is no longer the current one.
    await assertStillProven(deps, tx, { accountId, passwordVersion, sessionId: except });
    await setPasswordHash(tx, accountId, passwordHash, { bumpVersion: true }, clock);
    const ended = await revokeSessionsOf(tx, account.id, { except, reason: 'password_changed', clock });
    const keys = change.revokeApiKeys ? await revokeApiKeysOf(tx, account.id, clock.now()) : 0;
    const details = { by: 'self', sessions_ended: ended, keys_ended: keys } as const;
    const event = { name: 'password.changed', actorId: account.id, subjectId: account.id, details } as const;
    await recordEvent(tx, event, eventContext(deps, origin));
    const changed = { ...account, passwordVersion: passwordVersion + 1 };
    await happened({ name: 'password.changed', account: changed, actorId: account.id, by: 'self' });
  });
}
