import type { Clock } from '../base/clock.js';

/** A clock that stands still until a test moves it. Begins at the second it was made. */
export class TestClock implements Clock {
  #now: number;

  constructor(start: Date) {
    this.#now = Math.floor(start.getTime() / 1000) * 1000;
  }

  /** Milliseconds since 1970 (UTC). */
  now = (): number => this.#now;

  set(time: Date): void {
    this.#now = time.getTime();
  }

  /** Whole or broken seconds; negative ones set it back. */
  forward(seconds: number): void {
    this.#now += seconds * 1000;
  }
}
