import { storeUnavailable } from '../store-errors.js';

interface Waiter {
  admit(): void;
}

/** First come, first served, one at a time: SQLite has one writer, and inside one process nobody need find it busy. */
export class WriteQueue {
  readonly #patience: number;
  readonly #waiting = new Set<Waiter>();
  #taken = false;
  #closed = false;

  /** `patience`: milliseconds after which a waiting one is refused with 503. */
  constructor(patience: number) {
    this.#patience = patience;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw storeUnavailable('The store is closed');
    if (this.#taken) await this.#turn();
    this.#taken = true;
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  /** Refuses newcomers and resolves when everybody who was in the queue is through. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#taken) await new Promise<void>((resolve) => this.#waiting.add({ admit: resolve }));
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        admit: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter);
        reject(storeUnavailable(`Waited ${this.#patience} ms for the writer`));
      }, this.#patience);
      this.#waiting.add(waiter);
    });
  }

  #next(): void {
    const [waiter] = this.#waiting;
    if (waiter === undefined) {
      this.#taken = false;
      return;
    }
    this.#waiting.delete(waiter);
    // The turn passes without ever being free, so that no newcomer slips in between.
    waiter.admit();
  }
}
