import { Refusal } from '../base/errors.js';

interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: Error) => void;
}

/**
 * Lets `width` tasks run at once and `maxQueue` wait in the order in which they came. One more is refused at once with
 * service_unavailable, `Retry-After: 1`. The worker pool's own queue is not used: it stops the thread of a task that is
 * aborted while it runs, and does not keep the order.
 */
export class HashQueue {
  readonly #width: number;
  readonly #maxQueue: number;
  readonly #waiting = new Set<Waiting>();
  #running = 0;
  #closed = false;
  #whenIdle: (() => void) | undefined;

  constructor(width: number, maxQueue: number) {
    this.#width = width;
    this.#maxQueue = maxQueue;
  }

  /** How many wait for a thread. */
  get length(): number {
    return this.#waiting.size;
  }

  /** Runs `work` when its turn comes. An abort takes it out while it waits (rejects with the signal's reason), and changes nothing once it runs. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  /** Refuses whatever waits and whatever comes, and resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { refuse } of [...this.#waiting]) refuse(busy('the password hasher is closing'));
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closed) throw busy('the password hasher is closed');
    if (this.#running < this.#width) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.size >= this.#maxQueue) throw busy('the queue of password hashes is full');
    await this.#wait(signal);
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(entry);
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
      this.#waiting.add(entry);
    });
  }

  /** Hands the freed place to the first that waits: the count of running tasks stays as it is. */
  #next(): void {
    const [first] = this.#waiting;
    if (first !== undefined) {
      first.start();
      return;
    }
    this.#running -= 1;
    if (this.#running === 0) this.#whenIdle?.();
  }
}

const busy = (reason: string): Refusal => new Refusal('service_unavailable', { retryAfter: 1, reason });
