import { describe, expect, it } from 'vitest';
import { WindowTable } from '../../src/limits/window-table.js';

const policy = { name: 'test', requests: 5, windowSeconds: 70 };

describe('the table of windows', () => {
  it('never holds more keys than it may, however many come', () => {
    const table = new WindowTable(policy, 100);
    const names = Array.from({ length: 150_000 }, (_, n) => `key ${n}`);
    const slots = new Set<number>();
    names.forEach((name, n) => {
      const slot = table.open(name, n);
      if (slot === undefined) return;
      table.add(slot, n);
      slots.add(slot);
    });
    expect(slots.size).toBe(100);
    expect(names.filter((name) => table.find(name) !== undefined)).toHaveLength(100);
  });

  it('gives a freed slot to the next key empty', () => {
    const table = new WindowTable(policy, 1);
    const first = table.open('first', 0) ?? -1;
    for (let n = 0; n < 5; n += 1) table.add(first, 0);
    expect(table.open('second', 69_999)).toBeUndefined();
    expect(table.open('second', 70_000)).toBe(first);
    expect(table.find('first')).toBeUndefined();
    expect(table.count(first, 70_000)).toBe(0);
  });

  it('counts hits of the future as of now, and opens segments anew', () => {
    const now = 1_000_000_000;
    const table = new WindowTable(policy, 1);
    const slot = table.open('key', now) ?? -1;
    for (let n = 0; n < 3; n += 1) table.add(slot, now + 1_000_000);
    expect(table.count(slot, now)).toBe(3);
    expect(table.freesAt(slot, now)).toBe(now + 70_000);
    table.add(slot, now + 20_000);
    const later = [69_999, 70_000, 89_999, 90_000].map((after) => table.count(slot, now + after));
    expect(later).toEqual([4, 1, 1, 0]);
  });

  it('keeps every count when it grows', () => {
    const table = new WindowTable(policy, 10_000);
    const slots = Array.from({ length: 10_000 }, (_, n) => {
      const slot = table.open(`key ${n}`, 1_000) ?? -1;
      for (let hit = 0; hit <= n % 4; hit += 1) table.add(slot, 1_000);
      return slot;
    });
    expect(new Set(slots).size).toBe(10_000);
    expect(
      slots.every((slot, n) => table.find(`key ${n}`) === slot && table.count(slot, 2_000) === (n % 4) + 1),
    ).toBe(true);
  });
});
