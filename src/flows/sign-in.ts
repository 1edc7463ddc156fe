import type { Account } from '../accounts/account.js';
import { findByIdentifier, lockAccount, setPasswordHash } from '../accounts/accounts-queries.js';
import { foldIdentifier } from '../accounts/identity.js';
import { Refusal } from '../base/errors.js';
import type { EventContext } from '../events/event-context.js';
import { recordEvent, recordRefusal } from '../events/events-queries.js';
import type { Query } from '../store/connection.js';
import type { IssuedAccessToken } from '../tokens/access-token.js';
import { openSession } from '../tokens/refresh-family.js';
import { eraseSeedsOfEnded } from '../tokens/refresh-family-queries.js';
import { revokeBeyond } from '../tokens/session-queries.js';
import { checkPassword } from './check-password.js';
import { eventContext, type FlowDeps, type Origin } from './flow-deps.js';

export interface SignIn {
  /** E-mail or username. */
  readonly identifier: string;
  readonly password: string;
  readonly deviceToken: string | undefined;
  readonly clientId: string;
  /** What the client calls itself. */
  readonly device: string | null;
  /** Aborted when the client hangs up: a hash that still waits is then dropped. */
  readonly signal: AbortSignal | undefined;
}

export interface GrantedTokens extends IssuedAccessToken {
  readonly refreshToken: string;
  /** Comes with the password grant alone. */
  readonly deviceToken?: string;
}

/** The id of a device that signed in to just this account before, its password unchanged since. Proves nobody. */
export async function findKnownDevice(
  deps: Pick<FlowDeps, 'store' | 'deviceTokens'>,
  identifier: string,
  deviceToken: string | undefined,
): Promise<string | undefined> {
  if (!deviceToken) return undefined;
  const found = await findByIdentifier(deps.store.db, identifier);
  return found && deps.deviceTokens.verify(deviceToken, holderOf(found.account))?.deviceId;
}

/**
 * The password grant. 401 alike for a wrong password and an unknown account; 403 "Account is disabled" only to who
 * knows the password; 429 while the throttle is closed. Opens a session and, in the same transaction, tells so.
 */
export async function signIn(deps: FlowDeps, input: SignIn, origin: Origin): Promise<GrantedTokens> {
  const { store, deviceTokens, accessTokens } = deps;
  const found = await findByIdentifier(store.db, input.identifier);
  const device = found && deviceTokens.verify(input.deviceToken, holderOf(found.account));
  const check = {
    at: 'sign_in',
    // Apart, so that nobody counts on an account by typing its id as a name.
    throttleKey: found ? `id:${found.account.id}` : `name:${foldIdentifier(input.identifier)}`,
    accountId: found?.account.id,
    passwordHash: found?.passwordHash,
    password: input.password,
    device: device?.deviceId,
    signal: input.signal,
  } as const;
  await checkPassword(deps, check, origin, () => new Refusal('sign_in_failed'));
  // An unknown account's dummy hash fits no password.
  if (!found) throw new Refusal('sign_in_failed');
  const { account, passwordHash } = found;
  if (!account.isActive) throw await disabled(deps, account.id, origin);
  const renewed = deps.hasher.needsRehash(passwordHash)
    ? await deps.hasher.hash(input.password, input.signal, { known: account.id })
    : undefined;
  const session = await store.transaction((tx) =>
    openProven(
      deps,
      tx,
      { account, renewed, clientId: input.clientId, label: input.device, knownDevice: device !== undefined },
      origin,
    ),
  );
  return {
    ...accessTokens.issue({ ...session, accountId: account.id, clientId: input.clientId }),
    refreshToken: session.refreshToken,
    deviceToken: deviceTokens.issue({ ...holderOf(account), deviceId: device?.deviceId }),
  };
}

const holderOf = ({ id, passwordVersion }: Account) => ({ accountId: id, passwordVersion });

interface Proven {
  readonly account: Account;
  /** The password's new hash, where the old one's scheme or cost is not today's. */
  readonly renewed: string | undefined;
  readonly clientId: string;
  readonly label: string | null;
  readonly knownDevice: boolean;
}

/**
 * Judges the account again where it counts, its row locked: the hash took its time, and a disabling or a new password
 * may have come between; one that comes after waits, and then ends this session too.
 */
async function openProven(deps: FlowDeps, tx: Query, proven: Proven, origin: Origin) {
  const { clock, settings } = deps;
  const { account, renewed, clientId, label, knownDevice } = proven;
  const current = await lockAccount(tx, account.id);
  if (current?.passwordVersion !== account.passwordVersion) throw new Refusal('sign_in_failed');
  if (!current.isActive) throw new Refusal('account_disabled');
  const who = { actorId: account.id, subjectId: account.id };
  const context = eventContext(deps, origin);
  if (renewed !== undefined) {
    await setPasswordHash(
      tx,
      account.id,
      renewed,
      { bumpVersion: false, ifVersion: account.passwordVersion },
      clock,
    );
    await recordEvent(tx, { name: 'password.rehashed', ...who }, context);
  }
  const expireDays = settings.jwt.refreshExpireDays;
  const from = { device: label, network: origin.network ?? null };
  const session = await openSession(tx, { accountId: account.id, clientId, clock, expireDays, ...from });
  const details = { session_id: session.sessionId, by: 'password', known_device: knownDevice } as const;
  await recordEvent(tx, { name: 'authentication.succeeded', ...who, details }, context);
  await endStalest(deps, tx, { accountId: account.id, keep: session.sessionId }, context);
  return session;
}

/** An account has only so many sessions (ASVS 7.1.2): the one seen longest ago ends, never the one that was just opened. */
async function endStalest(
  deps: FlowDeps,
  tx: Query,
  { accountId, keep }: { readonly accountId: string; readonly keep: string },
  context: EventContext,
): Promise<void> {
  const { most } = deps.settings.sessions;
  const reason = 'too_many';
  const ended = await revokeBeyond(tx, { accountId, keep, now: deps.clock.now(), reason, most });
  if (ended === 0) return;
  await eraseSeedsOfEnded(tx, accountId);
  const details = { reason, sessions_ended: ended } as const;
  await recordEvent(tx, { name: 'session.revoked', subjectId: accountId, details }, context);
}

async function disabled(deps: FlowDeps, accountId: string, origin: Origin): Promise<Refusal> {
  const details = { at: 'sign_in', reason: 'account_disabled' } as const;
  const event = { name: 'authentication.failed', subjectId: accountId, details } as const;
  await recordRefusal(deps.store.db, event, eventContext(deps, origin));
  return new Refusal('account_disabled');
}
