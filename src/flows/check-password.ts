import type { Refusal } from '../base/errors.js';
import { recordRefusal } from '../events/events-queries.js';
import { type Admission, ThrottleClosed } from '../limits/sign-in-throttle.js';
import { eventContext, type FlowDeps, type Origin } from './flow-deps.js';

interface PasswordCheck {
  readonly at: 'sign_in' | 'change_password' | 'delete_account';
  /** The account's id, or the folded identifier where there is no account: both count alike. */
  readonly throttleKey: string;
  readonly accountId: string | undefined;
  readonly passwordHash: string | undefined;
  readonly password: string;
  /** The id of a device that signed in before, from a token that was verified. */
  readonly device?: string | undefined;
  readonly signal: AbortSignal | undefined;
}

type CheckDeps = Pick<FlowDeps, 'store' | 'clock' | 'hasher' | 'throttle'>;

/**
 * The one way in which a password is compared: through the throttle, with exactly one full hash whoever asks
 * (ASVS 6.3.1, 6.3.8). Throws 429 while the throttle is closed, 503 when too many hashes wait, else `refusal` where
 * the password is wrong; the failure stays counted, a success is given back.
 */
export async function checkPassword(
  deps: CheckDeps,
  check: PasswordCheck,
  origin: Origin,
  refusal: () => Refusal,
): Promise<void> {
  const admission = await admit(deps, check, origin);
  // Who proved a device or a session waits in a lane of their own, which strangers cannot fill.
  const known = check.device === undefined ? undefined : check.accountId;
  const matches = await deps.hasher
    .verify(check.password, check.passwordHash, check.signal, { known })
    .catch(async (notCompared: unknown) => {
      await admission.cancelled();
      throw notCompared;
    });
  if (matches) {
    await admission.succeeded();
    return;
  }
  const { at, accountId } = check;
  const reason = accountId === undefined ? 'unknown_account' : 'wrong_password';
  const event = { name: 'authentication.failed', subjectId: accountId, details: { at, reason } } as const;
  await recordRefusal(deps.store.db, event, eventContext(deps, origin));
  throw refusal();
}

async function admit(deps: CheckDeps, check: PasswordCheck, origin: Origin): Promise<Admission> {
  const { throttleKey: accountKey, device, at, accountId } = check;
  try {
    return await deps.throttle.admit({ accountKey, address: origin.address ?? '', device });
  } catch (error) {
    if (error instanceof ThrottleClosed) {
      const event = { name: 'throttle.opened', subjectId: accountId, details: { at, by: error.by } } as const;
      await recordRefusal(deps.store.db, event, eventContext(deps, origin));
    }
    throw error;
  }
}
