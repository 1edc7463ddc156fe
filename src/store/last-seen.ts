import type { Clock } from '../base/clock.js';
import type { Query } from './query.js';
import type { Store } from './store.js';

/** Milliseconds. A row is written at most so often, whatever asks. */
const coarse = 60_000;
/** Rows a transaction: nobody waits long for the writer. */
const batch = 200;

/** Writes when a row was last seen; never backwards, whichever process writes last. */
export type WriteLastSeen = (tx: Query, id: string, at: number) => Promise<void>;

/** When sessions or keys were last seen: noted at each request, written together now and then. */
export class LastSeen {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #write: WriteLastSeen;
  readonly #seen = new Map<string, number>();

  constructor(store: Store, clock: Clock, write: WriteLastSeen) {
    this.#store = store;
    this.#clock = clock;
    this.#write = write;
  }

  /** `lastSeenAt`: as the database has it. Costs a look at the clock where that is less than a minute old. */
  saw(id: string, lastSeenAt: number): void {
    const now = this.#clock.now();
    if (now - lastSeenAt >= coarse) this.#seen.set(id, now);
  }

  /** What is noted and not written yet; undefined where nothing is. */
  noted(id: string): number | undefined {
    return this.#seen.get(id);
  }

  /**
   * Writes what was noted, without a wait for the disk: what a power cut takes is a minute of it. What cannot be written stays
   * noted.
   */
  async flush(): Promise<void> {
    // In one order everywhere, so that two servers never wait for each other.
    const seen = [...this.#seen].sort(([one], [other]) => (one < other ? -1 : 1));
    for (let from = 0; from < seen.length; from += batch) {
      const some = seen.slice(from, from + batch);
      await this.#store.transaction(
        async (tx) => {
          for (const [id, at] of some) await this.#write(tx, id, at);
        },
        { relaxed: true },
      );
      // Only now: until it is written, what is noted counts. What was seen again meanwhile is for the next time.
      for (const [id, at] of some) if (this.#seen.get(id) === at) this.#seen.delete(id);
    }
  }
}
