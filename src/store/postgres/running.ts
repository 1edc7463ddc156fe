import { storeUnavailable } from '../store-errors.js';

/** What is under way, so that a close waits for it: `pg`'s pool forgets those who still wait for a connection. */
export class Running {
  readonly #works = new Set<Promise<unknown>>();
  #closed = false;

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw storeUnavailable('The store is closed');
    const running = work();
    this.#works.add(running);
    try {
      return await running;
    } finally {
      this.#works.delete(running);
    }
  }

  /** Refuses newcomers and resolves when the last one is through. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#works);
  }
}
