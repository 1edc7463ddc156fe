import { expect, test } from 'vitest';
import type { Store } from '../../src/store/connection.js';
import { LastSeen } from '../../src/store/last-seen.js';
import { describeEachStore } from '../support/stores.js';
import { clockAt } from '../tokens/support.js';

const start = 1_800_000_000_000;

describeEachStore('last seen', ({ open }) => {
  /** What was written, by a writer that can be told to fail. */
  async function scene(store?: Store) {
    const clock = clockAt(start);
    const written = new Map<string, number>();
    const state = { fails: false };
    const lastSeen = new LastSeen(store ?? (await open()), clock, async (_tx, id, at) => {
      if (state.fails) throw new Error('the store is away');
      written.set(id, at);
    });
    return { clock, written, state, lastSeen };
  }

  test('writes all of many, each once', async () => {
    const { lastSeen, written } = await scene();
    const ids = Array.from({ length: 450 }, (_, at) => `s${at}`);
    for (const id of ids) lastSeen.saw(id, 0);
    await lastSeen.flush();
    expect([...written.keys()].sort()).toEqual([...ids].sort());
    written.clear();
    await lastSeen.flush();
    expect(written.size).toBe(0);
  });

  test('keeps what could not be written, and it counts meanwhile', async () => {
    const { lastSeen, written, state } = await scene();
    lastSeen.saw('s', 0);
    state.fails = true;
    await expect(lastSeen.flush()).rejects.toThrow('the store is away');
    expect(lastSeen.noted('s')).toBe(start);
    state.fails = false;
    await lastSeen.flush();
    expect(written.get('s')).toBe(start);
    expect(lastSeen.noted('s')).toBeUndefined();
  });

  test('counts while it is being written, and what is seen again then is for the next time', async () => {
    const { lastSeen, clock, written } = await scene();
    lastSeen.saw('s', 0);
    const flushing = lastSeen.flush();
    expect(lastSeen.noted('s')).toBe(start);
    clock.time += 60_000;
    lastSeen.saw('s', 0);
    await flushing;
    expect(lastSeen.noted('s')).toBe(start + 60_000);
    await lastSeen.flush();
    expect(written.get('s')).toBe(start + 60_000);
  });

  test('notes nothing that was seen less than a minute ago', async () => {
    const { lastSeen } = await scene();
    lastSeen.saw('s', start - 59_999);
    expect(lastSeen.noted('s')).toBeUndefined();
    lastSeen.saw('s', start - 60_000);
    expect(lastSeen.noted('s')).toBe(start);
  });
});
