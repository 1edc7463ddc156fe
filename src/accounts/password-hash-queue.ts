import { Refusal } from '../base/errors.js';

/** So many wait for one account in the known callers' lane, or one account that hashes without end would fill it. */
const perAccount = 2;

interface Waiting {
  readonly account: string | undefined;
  readonly start: () => void;
  readonly refuse: (error: Error) => void;
}

export interface Lane {
  /** The account of which a device or a session was proved. Default: a stranger. */
  readonly known?: string | undefined;
}

/**
 * Lets `width` tasks run at once. Others wait in two lanes, strangers' and known callers', `maxQueue` in each, in the
 * order in which they came; a freed thread goes to the lanes in turn. So whatever strangers do, they neither take a known
 * caller's place nor more than every other turn. One too many in its lane, and the third of one account in the known
 * lane, is refused at once with service_unavailable, `Retry-After: 1`. The worker pool's own queue is not used: it stops the thread of a task that is
 * aborted while it runs, and does not keep the order.
 */
export class HashQueue {
  readonly #width: number;
  readonly #maxQueue: number;
  readonly #strangers = new Set<Waiting>();
  readonly #known = new Set<Waiting>();
  #knownIsNext = true;
  #running = 0;
  #closed = false;
  #whenIdle: (() => void) | undefined;

  constructor(width: number, maxQueue: number) {
    this.#width = width;
    this.#maxQueue = maxQueue;
  }

  /** How many wait for a thread. */
  get length(): number {
    return this.#strangers.size + this.#known.size;
  }

  /** Runs `work` when its turn comes. An abort takes it out while it waits (rejects with the signal's reason), and changes nothing once it runs. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal, lane: Lane = {}): Promise<T> {
    await this.#turn(lane.known, signal);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  /** Refuses whatever waits and whatever comes, and resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { refuse } of [...this.#known, ...this.#strangers])
      refuse(busy('the password hasher is closing'));
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }

  async #turn(account: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closed) throw busy('the password hasher is closed');
    if (this.#running < this.#width) {
      this.#running += 1;
      return;
    }
    const lane = account === undefined ? this.#strangers : this.#known;
    if (lane.size >= this.#maxQueue) throw busy('the queue of password hashes is full');
    if (account !== undefined && this.#waitingOf(account) >= perAccount)
      throw busy('too many password hashes of one account');
    await this.#wait(lane, account, signal);
  }

  #waitingOf = (account: string): number =>
    [...this.#known].filter((waiting) => waiting.account === account).length;

  #wait(lane: Set<Waiting>, account: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        lane.delete(entry);
        signal?.removeEventListener('abort', abort);
      };
      const entry: Waiting = {
        account,
        start: () => {
          leave();
          resolve();
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      const abort = (): void => entry.refuse(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      lane.add(entry);
    });
  }

  /** Hands the freed place to the first of the lane whose turn it is, else of the other: the count of running tasks stays as it is. */
  #next(): void {
    const [known] = this.#known;
    const [stranger] = this.#strangers;
    const first = this.#knownIsNext ? (known ?? stranger) : (stranger ?? known);
    if (first !== undefined) {
      this.#knownIsNext = first === stranger;
      first.start();
      return;
    }
    this.#running -= 1;
    if (this.#running === 0) this.#whenIdle?.();
  }
}

const busy = (reason: string): Refusal => new Refusal('service_unavailable', { retryAfter: 1, reason });
