import { Refusal } from '../base/errors.js';

interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: Error) => void;
}

export interface Lane {
  /** True for who proved a device or a session. Default: a stranger. */
  readonly known?: boolean | undefined;
}

/**
 * Lets `width` tasks run at once. Others wait in two lanes, strangers' and known callers', `maxQueue` in each, in the
 * order in which they came; a freed thread goes to the lanes in turn. So whatever strangers do, they neither take a known
 * caller's place nor more than every other turn. One too many in its lane is refused at once with service_unavailable,
 * `Retry-After: 1`. The worker pool's own queue is not used: it stops the thread of a task that is
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
    await this.#turn(lane.known === true ? this.#known : this.#strangers, signal);
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

  async #turn(lane: Set<Waiting>, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closed) throw busy('the password hasher is closed');
    if (this.#running < this.#width) {
      this.#running += 1;
      return;
    }
    if (lane.size >= this.#maxQueue) throw busy('the queue of password hashes is full');
    await this.#wait(lane, signal);
  }

  #wait(lane: Set<Waiting>, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        lane.delete(entry);
        signal?.removeEventListener('abort', abort);
      };
      const entry: Waiting = {
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
