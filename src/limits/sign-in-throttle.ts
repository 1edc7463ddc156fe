import type { Clock } from '../base/clock.js';
import { hmacSha256 } from '../base/digest.js';
import { Refusal } from '../base/errors.js';
import type { Query, Store } from '../store/connection.js';
import { addressKey } from './address-key.js';
import { latestStep, startOver, stepBack, takeStep } from './backoff.js';
import { giveBack, latestEnd, type Ticket, takeTicket } from './ceiling.js';
import { throttleFigures } from './policy.js';
import { readClosed } from './throttle-queries.js';
import { wholeSeconds } from './verdict.js';

/** Whose password is about to be checked. */
export interface ThrottleSubject {
  /** The account's id, else the folded identifier: e-mail and username of one account share a key. */
  readonly accountKey: string;
  /** The client's address as resolved. */
  readonly address: string;
  /** The id in a valid device token of this very account and password version; never one that was not verified. */
  readonly device?: string | undefined;
}

export interface Admission {
  /**
   * The password was right: this try is given back, and the account starts over at this address. Inside a transaction
   * pass it, and call this last. The other tries of the account's hour stay counted.
   */
  succeeded(tx?: Query): Promise<void>;
  /** No password was compared (queue full, client gone before its turn): this try is given back, nothing more. */
  cancelled(tx?: Query): Promise<void>;
}

export interface SignInThrottle {
  /** Counts a try before anything is hashed. Throws `ThrottleClosed` (429 with `Retry-After`), and then counts nothing. */
  admit(subject: ThrottleSubject): Promise<Admission>;
}

/** 429, answered at once. `by` says which of the three stopped it: for the event and the log, never for the client. */
export class ThrottleClosed extends Refusal {
  readonly by: 'account' | 'address' | 'device';

  constructor(by: ThrottleClosed['by'], milliseconds: number) {
    super('too_many_requests', {
      retryAfter: wholeSeconds(milliseconds),
      reason: `password throttle: ${by}`,
    });
    this.by = by;
  }
}

/**
 * The throttle on failed passwords (docs/decisions/005-limits.md, ASVS 6.3.1, NIST SP 800-63B-4 §3.2.2), kept in the database: exact over
 * parallel guesses and over all processes that share it.
 *
 * - A try counts as failed before it is hashed, and only a right password takes that back: fifty parallel guesses are
 *   six guesses.
 * - Account and address: from the sixth failure 1 s, doubling to 15 minutes, forgotten a day after the last one.
 * - Account: 100 failures in any hour, from wherever. A right password gives back its own try and no other, so neither
 *   an owner who signs in all day nor a guesser who shares his address turns 100 into more.
 * - Known device: 20 failures in any hour of its own, and neither of the above: whatever strangers do, at whatever
 *   address, an owner on a device that signed in before comes in. Its successes lift nothing for anybody else.
 *
 * `key` (32 bytes derived from the server's secret, the same in every process) keys the digests under which rows lie:
 * an unknown identifier may be a password that was typed into the wrong field, so it must not be read out of a dump.
 */
export function createSignInThrottle(options: { store: Store; clock: Clock; key: Buffer }): SignInThrottle {
  const { store, clock, key } = options;
  const digest = (...parts: readonly string[]): string => hmacSha256(key, JSON.stringify(parts));
  return {
    admit: ({ accountKey, address, device }) =>
      device === undefined
        ? admitStranger(
            { store, clock },
            digest('account', accountKey),
            digest('address', accountKey, addressKey(address)),
          )
        : admitDevice({ store, clock }, digest('device', accountKey, device)),
  };
}

/** Three commits a sign-in that would each hold the process up for the disk. */
const counts = { relaxed: true } as const;

interface Deps {
  readonly store: Store;
  readonly clock: Clock;
}

/** Most refused guesses end at the first read, without touching the queue of writers. */
async function admitStranger(deps: Deps, account: string, pair: string): Promise<Admission> {
  const { store, clock } = deps;
  const now = clock.now();
  const latest = latestEnd(throttleFigures.account, now);
  const closed = await readClosed(store.db, account, latest, pair, latestStep(now), now);
  if (closed !== undefined)
    throw new ThrottleClosed(closed.key === account ? 'account' : 'address', closed.blocked_until - now);
  const taken = await store.transaction(async (tx) => {
    const taken = await takeTicket(tx, account, throttleFigures.account, clock);
    if ('closedUntil' in taken) return taken;
    const step = await takeStep(tx, pair, clock.now());
    if (step !== undefined) throw new ThrottleClosed('address', step.closedUntil - clock.now());
    return taken;
  }, counts);
  const ticket = ticketOf(taken, 'account', clock);
  return admission(deps, async (tx, right) => {
    await giveBack(tx, ticket, throttleFigures.account, clock.now());
    await (right ? startOver(tx, pair) : stepBack(tx, pair, clock.now()));
  });
}

async function admitDevice(deps: Deps, device: string): Promise<Admission> {
  const { store, clock } = deps;
  const now = clock.now();
  const latest = latestEnd(throttleFigures.device, now);
  const closed = await readClosed(store.db, device, latest, device, latest, now);
  if (closed !== undefined) throw new ThrottleClosed('device', closed.blocked_until - now);
  const taken = await store.transaction(
    (tx) => takeTicket(tx, device, throttleFigures.device, clock),
    counts,
  );
  const ticket = ticketOf(taken, 'device', clock);
  return admission(deps, (tx) => giveBack(tx, ticket, throttleFigures.device, clock.now()));
}

/** Refuses outside the transaction, which is kept: what the ceiling mended must not be rolled back. */
function ticketOf(taken: Ticket | { closedUntil: number }, by: 'account' | 'device', clock: Clock): Ticket {
  if ('closedUntil' in taken) throw new ThrottleClosed(by, taken.closedUntil - clock.now());
  return taken;
}

function admission({ store }: Deps, settle: (tx: Query, right: boolean) => Promise<void>): Admission {
  const run = (right: boolean, tx: Query | undefined): Promise<void> =>
    tx === undefined ? store.transaction((own) => settle(own, right), counts) : settle(tx, right);
  return { succeeded: (tx) => run(true, tx), cancelled: (tx) => run(false, tx) };
}
