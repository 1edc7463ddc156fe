import {
  createSignInThrottle,
  ThrottleClosed,
  type ThrottleSubject,
} from '../../src/limits/sign-in-throttle.js';
import type { Store } from '../../src/store/connection.js';

export const minute = 60_000;
export const hour = 60 * minute;
let made = 0;

/** A guesser and an owner before one throttle, at a settable clock, on an account nobody else uses. */
export function createScene(...stores: readonly [Store, ...Store[]]) {
  made += 1;
  const clock = { at: 1_700_000_000_000, now: () => clock.at };
  const account = `account-${made}`;
  const throttles = stores.map((store) => createSignInThrottle({ store, clock, key: Buffer.alloc(32, 7) }));
  let turn = 0;
  const admit = (subject: Partial<ThrottleSubject>) => {
    turn += 1;
    const throttle = throttles[turn % throttles.length] ?? throttles[0];
    if (throttle === undefined) throw new Error('no throttle');
    return throttle.admit({ accountKey: account, address: '203.0.113.7', ...subject });
  };
  /** 'hashed', or what closed it. */
  const guess = async (subject: Partial<ThrottleSubject> = {}): Promise<string> => {
    try {
      await admit(subject);
      return 'hashed';
    } catch (error) {
      if (error instanceof ThrottleClosed) return `${error.by} ${error.retryAfter}`;
      throw error;
    }
  };
  const signIn = async (subject: Partial<ThrottleSubject> = {}) => (await admit(subject)).succeeded();
  /** As many guesses as get through, each from an address of its own. */
  const spread = async (tries: number, from = 0): Promise<number> => {
    let hashed = 0;
    for (let n = from; n < from + tries; n += 1) {
      if ((await guess({ address: `2001:db8:0:${n.toString(16)}::1` })) === 'hashed') hashed += 1;
    }
    return hashed;
  };
  return { clock, account, admit, guess, signIn, spread };
}

export const hashedOf = (outcomes: readonly string[]): number =>
  outcomes.filter((outcome) => outcome === 'hashed').length;
