import type { Policy } from './policy.js';

/** Two numbers in front (index of the newest segment, when it was opened), then time and count of each segment. */
const segments = 8;
const stride = 2 + 2 * segments;
const firstSlots = 1024;

/**
 * Sliding windows of one policy, a slot a key, in one flat array: no object a request, no garbage.
 *
 * A key's hits lie in at most eight segments, each a seventh of the window long. A segment counts until its newest
 * hit is a whole window old. So never more than `requests` pass in any stretch of time as long as the window,
 * wherever it begins (a fixed window lets twice as many through around its edge, a token bucket as many again
 * while it refills); the price is that quota may come back up to a seventh of the window late. A burst comes back
 * exactly one window after its end.
 */
export class WindowTable {
  readonly #slots = new Map<string, number>();
  readonly #policy: Policy;
  readonly #windowMs: number;
  readonly #segmentMs: number;
  readonly #maxKeys: number;
  #keys: (string | undefined)[] = [];
  #free: number[] = [];
  #data = new Float64Array(firstSlots * stride);
  #hand = 0;

  constructor(policy: Policy, maxKeys: number) {
    this.#policy = policy;
    this.#windowMs = policy.windowSeconds * 1000;
    this.#segmentMs = this.#windowMs / (segments - 1);
    this.#maxKeys = maxKeys;
  }

  get policy(): Policy {
    return this.#policy;
  }

  find(key: string): number | undefined {
    return this.#slots.get(key);
  }

  /** A slot for a new key; undefined when all are in use: a key that still counts is never put out for another. */
  open(key: string, now: number): number | undefined {
    this.#sweep(now);
    const slot = this.#free.pop() ?? (this.#keys.length < this.#maxKeys ? this.#append() : undefined);
    if (slot === undefined) return undefined;
    this.#keys[slot] = key;
    this.#slots.set(key, slot);
    return slot;
  }

  /** Hits that count now. Those of a clock that was set back since count as of now: a window from now, they are over. */
  count(slot: number, now: number): number {
    const data = this.#data;
    if ((data[slot * stride + 1] ?? 0) > now) data[slot * stride + 1] = now;
    const since = now - this.#windowMs;
    let total = 0;
    for (let at = slot * stride + 2, end = at + 2 * segments; at < end; at += 2) {
      const time = data[at] ?? 0;
      if (time <= since) continue;
      if (time > now) data[at] = now;
      total += data[at + 1] ?? 0;
    }
    return total;
  }

  /** After `count`: when the oldest segment stops counting and quota comes back (ms); a window from now where nothing counts. */
  freesAt(slot: number, now: number): number {
    const data = this.#data;
    const since = now - this.#windowMs;
    let oldest = now;
    for (let at = slot * stride + 2, end = at + 2 * segments; at < end; at += 2) {
      const time = data[at] ?? 0;
      if (time > since && time < oldest) oldest = time;
    }
    return oldest + this.#windowMs;
  }

  add(slot: number, now: number): void {
    const data = this.#data;
    const base = slot * stride;
    const newest = data[base] ?? 0;
    if (now - (data[base + 1] ?? 0) < this.#segmentMs) {
      const at = base + 2 + 2 * newest;
      // A clock that steps back must not make a hit expire early.
      data[at] = Math.max(data[at] ?? 0, now);
      data[at + 1] = (data[at + 1] ?? 0) + 1;
      return;
    }
    const next = (newest + 1) % segments;
    data[base] = next;
    data[base + 1] = now;
    data[base + 2 + 2 * next] = now;
    data[base + 3 + 2 * next] = 1;
  }

  #append(): number {
    const slot = this.#keys.length;
    this.#keys.push(undefined);
    if (this.#data.length < (slot + 1) * stride) {
      const wider = new Float64Array(Math.min(this.#data.length * 2, this.#maxKeys * stride));
      wider.set(this.#data);
      this.#data = wider;
    }
    return slot;
  }

  /** Looks at a few slots each time a key comes, hand over hand, and frees those whose hits are all over. */
  #sweep(now: number): void {
    for (let looked = 0; looked < 4 && this.#keys.length > 0; looked += 1) {
      this.#hand = (this.#hand + 1) % this.#keys.length;
      const key = this.#keys[this.#hand];
      if (key === undefined || this.count(this.#hand, now) > 0) continue;
      this.#slots.delete(key);
      this.#keys[this.#hand] = undefined;
      this.#data.fill(0, this.#hand * stride, (this.#hand + 1) * stride);
      this.#free.push(this.#hand);
    }
  }
}
