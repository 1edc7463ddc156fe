import type { Account, RoleName } from '../accounts/account.js';
import { lockAccount, lockAdmins, setActive, setRole, updateProfile } from '../accounts/accounts-queries.js';
import { revokeApiKeysOf } from '../api-keys/api-keys-queries.js';
import { Refusal } from '../base/errors.js';
import type { EventContext } from '../events/event-context.js';
import { recordEvent } from '../events/events-queries.js';
import type { Query } from '../store/connection.js';
import { revokeSessionsOf } from '../tokens/refresh-family.js';
import { type AccountEventName, transact } from './account-hooks.js';
import { type Actor, eventContext, type FlowDeps, type Origin } from './flow-deps.js';

/** What is absent stays as it is; null empties it. */
export interface AccountChange {
  readonly fullName?: string | null;
  readonly bio?: string | null;
  readonly role?: RoleName;
  readonly isActive?: boolean;
}

type UpdateDeps = Pick<FlowDeps, 'store' | 'clock' | 'hooks'>;

interface Step extends Pick<FlowDeps, 'clock'> {
  readonly tx: Query;
  readonly before: Account;
  readonly actor: Actor;
  readonly context: EventContext;
  readonly tell: (name: AccountEventName) => Promise<void>;
}

/**
 * Changes an account. 404 where there is none, 409 where the last active admin would be demoted or disabled.
 * Disabling ends every session; enabling revives none.
 */
export async function updateAccount(
  deps: UpdateDeps,
  accountId: string,
  change: AccountChange,
  actor: Actor,
  origin: Origin,
): Promise<Account> {
  return transact(deps, async (tx, happened) => {
    const before = await lockForChange(tx, accountId, change);
    const after = { ...before, ...change };
    const tell = (name: AccountEventName) => happened({ name, account: after, ...actor });
    const step = { clock: deps.clock, tx, before, actor, context: eventContext(deps, origin), tell };
    if (change.role !== undefined && change.role !== before.role) await changeRole(step, change.role);
    if (change.isActive !== undefined && change.isActive !== before.isActive)
      await changeActive(step, change.isActive);
    await changeProfile(step, change);
    return after;
  });
}

/** Locks the admins first where the change could leave none: two admins who demote each other leave one. */
async function lockForChange(tx: Query, accountId: string, change: AccountChange): Promise<Account> {
  const takesAway = (change.role !== undefined && change.role !== 'admin') || change.isActive === false;
  const admins = takesAway ? await lockAdmins(tx) : [];
  const account = await lockAccount(tx, accountId);
  if (!account) throw new Refusal('not_found');
  if (admins.length === 1 && admins[0] === accountId) throw new Refusal('last_admin');
  return account;
}

const who = ({ actor, before }: Step) => ({ actorId: actor.actorId, subjectId: before.id });

async function changeRole(step: Step, role: RoleName): Promise<void> {
  const { tx, before, clock, context, actor } = step;
  await setRole(tx, before.id, role, clock);
  const details = { by: actor.by, from: before.role, to: role };
  await recordEvent(tx, { name: 'account.role_changed', ...who(step), details }, context);
  await step.tell('account.role_changed');
}

async function changeActive(step: Step, isActive: boolean): Promise<void> {
  const { tx, before, clock, context, actor } = step;
  const { by } = actor;
  await setActive(tx, before.id, isActive, clock);
  if (isActive) {
    await recordEvent(tx, { name: 'account.enabled', ...who(step), details: { by } }, context);
    await step.tell('account.enabled');
    return;
  }
  const ended = await revokeSessionsOf(tx, before.id, { reason: 'account_disabled', clock });
  const keys = await revokeApiKeysOf(tx, before.id, clock.now());
  const details = { by, sessions_ended: ended, keys_ended: keys };
  await recordEvent(tx, { name: 'account.disabled', ...who(step), details }, context);
  await step.tell('account.disabled');
}

/** What is sent and stays as it is changes nothing, and is told to nobody. */
const differs = (wanted: string | null | undefined, before: string | null): boolean =>
  wanted !== undefined && wanted !== before;

async function changeProfile(step: Step, { fullName, bio }: AccountChange): Promise<void> {
  const { tx, before, clock, context, actor } = step;
  const changed = { full_name: differs(fullName, before.fullName), bio: differs(bio, before.bio) };
  if (!changed.full_name && !changed.bio) return;
  await updateProfile(tx, before.id, { fullName, bio }, clock);
  const details = { by: actor.by, ...changed };
  await recordEvent(tx, { name: 'account.updated', ...who(step), details }, context);
  await step.tell('account.updated');
}
