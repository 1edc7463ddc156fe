import type { Account } from '../accounts/account.js';
import { findWithPassword } from '../accounts/accounts-queries.js';
import { Refusal } from '../base/errors.js';
import { checkPassword } from './check-password.js';
import type { FlowDeps, Origin } from './flow-deps.js';

interface Confirmation {
  readonly at: 'change_password' | 'delete_account';
  readonly password: string;
  /** The session that asks. It proved itself, so it has a ceiling of its own: strangers' guesses cannot stop the owner. */
  readonly sessionId: string;
  readonly signal: AbortSignal | undefined;
}

/** The owner proves the password again before a thing that cannot be undone: 400 where it is wrong, throttled alike. */
export async function confirmPassword(
  deps: Pick<FlowDeps, 'store' | 'clock' | 'hasher' | 'throttle'>,
  account: Account,
  confirmation: Confirmation,
  origin: Origin,
): Promise<void> {
  const { sessionId, ...asked } = confirmation;
  const stored = await findWithPassword(deps.store.db, account.id);
  const who = { throttleKey: `id:${account.id}`, accountId: account.id, passwordHash: stored?.passwordHash };
  await checkPassword(
    deps,
    { ...asked, ...who, device: `session:${sessionId}` },
    origin,
    () => new Refusal('wrong_password'),
  );
}
