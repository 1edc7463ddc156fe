import { lockAccount } from '../accounts/accounts-queries.js';
import { Refusal } from '../base/errors.js';
import type { Query } from '../store/connection.js';
import { lockSession } from '../tokens/refresh-family-queries.js';
import type { FlowDeps } from './flow-deps.js';

/** By whom and from where a password was confirmed. */
export interface Proven {
  readonly accountId: string;
  /** Of the password that was confirmed. */
  readonly passwordVersion: number;
  readonly sessionId: string;
}

/**
 * Judges account and session again inside the transaction, both locked: the hash took its time, seconds where many
 * wait. 401 where the session ended meanwhile, 403 where the account was disabled, 400 where the password is another.
 */
export async function assertStillProven(
  { clock }: Pick<FlowDeps, 'clock'>,
  tx: Query,
  { accountId, passwordVersion, sessionId }: Proven,
): Promise<void> {
  const account = await lockAccount(tx, accountId);
  if (account?.isActive === false) throw new Refusal('account_disabled');
  const session = await lockSession(tx, sessionId);
  const isLive = session?.revokedAt === null && session.expiresAt > clock.now();
  if (!account || !isLive) throw new Refusal('invalid_credentials');
  if (account.passwordVersion !== passwordVersion) throw new Refusal('wrong_password');
}
