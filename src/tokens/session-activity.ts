import type { Clock } from '../base/clock.js';
import type { Store } from '../store/connection.js';
import { writeLastSeen } from './session-queries.js';

/** Milliseconds. A session is written at most so often, whatever it asks. */
const coarse = 60_000;
/** Sessions a transaction: nobody waits long for the writer. */
const batch = 200;

/** When sessions were last seen: noted at each request, written together now and then. */
export class SessionActivity {
  readonly #store: Store;
  readonly #clock: Clock;
  #seen = new Map<string, number>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** `lastSeenAt`: as the database has it. Costs a look at the clock where that is less than a minute old. */
  saw(sessionId: string, lastSeenAt: number): void {
    const now = this.#clock.now();
    if (now - lastSeenAt >= coarse) this.#seen.set(sessionId, now);
  }

  /** What is noted and not written yet; undefined where nothing is. */
  noted(sessionId: string): number | undefined {
    return this.#seen.get(sessionId);
  }

  /**
   * Writes what was noted, without a wait for the disk: what a power cut takes is a minute of it. What cannot be written is
   * noted again.
   */
  async flush(): Promise<void> {
    const seen = [...this.#seen];
    this.#seen = new Map();
    try {
      while (seen.length > 0) {
        const some = seen.slice(0, batch);
        await this.#store.transaction(
          async (tx) => {
            for (const [sessionId, at] of some) await writeLastSeen(tx, sessionId, at);
          },
          { relaxed: true },
        );
        seen.splice(0, batch);
      }
    } catch (error) {
      for (const [sessionId, at] of seen) if (!this.#seen.has(sessionId)) this.#seen.set(sessionId, at);
      throw error;
    }
  }
}
