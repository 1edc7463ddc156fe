import type { Account, RoleName } from '../accounts/account.js';
import { findByIdentifier, insertAccount } from '../accounts/accounts-queries.js';
import { Refusal } from '../base/errors.js';
import { recordEvent } from '../events/events-queries.js';
import { transact } from './account-hooks.js';
import { assertPassword } from './assert-password.js';
import { eventContext, type FlowDeps, type Origin } from './flow-deps.js';

export interface Registration {
  readonly email: string;
  readonly username: string;
  readonly password: string;
  readonly fullName: string | null;
  readonly bio: string | null;
}

/** A stranger makes an account for themselves, or an operator one for somebody. */
interface Registrar {
  readonly role: RoleName;
  readonly by: 'self' | 'command_line';
}

const stranger: Registrar = { role: 'user', by: 'self' };

/**
 * Makes an account. Refuses a password that the policy refuses (422), a taken e-mail and a taken username (400). The
 * role is never the client's choice.
 */
export async function register(
  deps: Pick<FlowDeps, 'store' | 'clock' | 'settings' | 'hasher' | 'hooks'>,
  registration: Registration,
  origin: Origin,
  { role, by }: Registrar = stranger,
): Promise<Account> {
  const { password, ...person } = registration;
  assertPassword(deps, password, registration, 'password');
  // Asked before hashing, so that a taken address costs no hash; the unique index has the last word.
  if (await findByIdentifier(deps.store.db, person.email)) throw new Refusal('email_taken');
  if (await findByIdentifier(deps.store.db, person.username)) throw new Refusal('username_taken');
  const passwordHash = await deps.hasher.hash(password);
  return transact(deps, async (tx, happened) => {
    const account = await insertAccount(tx, { ...person, passwordHash, role }, deps.clock);
    const actorId = by === 'self' ? account.id : undefined;
    const event = { name: 'account.registered', actorId, subjectId: account.id } as const;
    await recordEvent(tx, { ...event, details: { by, role } }, eventContext(deps, origin));
    await happened({ name: 'account.registered', account, actorId, by });
    return account;
  });
}
