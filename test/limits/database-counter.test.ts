import { expect, it } from 'vitest';
import { takeFromDatabase } from '../../src/limits/database-counter.js';
import { addressPolicies } from '../../src/limits/policy.js';
import { describeEachStore } from '../support/stores.js';

const policy = { name: 'test', requests: 20, windowSeconds: 60 };
const start = 1_700_000_000_000;

describeEachStore('the database counter', ({ open }) => {
  it('lets the policy’s number through, then says when to come back', async () => {
    const store = await open();
    const clock = { at: start, now: () => clock.at };
    for (let used = 1; used <= 20; used += 1) {
      expect(await takeFromDatabase(store, clock, 'one', policy)).toEqual({
        allowed: true,
        limit: 20,
        remaining: 20 - used,
        resetSeconds: 60,
        windowSeconds: 60,
        policy: 'test',
      });
    }
    clock.at += 59_100;
    expect(await takeFromDatabase(store, clock, 'one', policy)).toMatchObject({
      allowed: false,
      remaining: 0,
      resetSeconds: 1,
    });
    clock.at += 900;
    expect(await takeFromDatabase(store, clock, 'one', policy)).toMatchObject({
      allowed: true,
      remaining: 19,
    });
  });

  it('is exact under 50 parallel takes', async () => {
    const store = await open();
    const clock = { now: () => start };
    const verdicts = await Promise.all(
      Array.from({ length: 50 }, () => takeFromDatabase(store, clock, 'parallel', policy)),
    );
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(20);
    const remaining = verdicts.filter(({ allowed }) => allowed).map((verdict) => verdict.remaining);
    expect(new Set(remaining).size).toBe(20);
  });

  it('is exact over two servers on one database, and when a window begins anew under load', async () => {
    const servers = [await open(), await open()];
    const clock = { at: start, now: () => clock.at };
    const burst = async () => {
      const verdicts = await Promise.all(
        Array.from({ length: 25 }, () =>
          servers.map((store) => takeFromDatabase(store, clock, 'two', policy)),
        ).flat(),
      );
      return verdicts.filter(({ allowed }) => allowed).length;
    };
    expect(await burst()).toBe(20);
    clock.at += 60_000;
    expect(await burst()).toBe(20);
  });

  it('does not charge and does not write what it refuses', async () => {
    const store = await open();
    const clock = { now: () => start };
    for (let i = 0; i < 30; i += 1) await takeFromDatabase(store, clock, 'refused', policy);
    const rows = await store.db
      .selectFrom('sallyport_counters')
      .select(['hits', 'expires_at'])
      .where('key', '=', 'test:refused')
      .execute();
    expect(rows).toEqual([{ hits: 20, expires_at: start + 60_000 }]);
  });

  it('keeps a window’s count when the clock is set back, and ends it a window from now', async () => {
    const store = await open();
    const clock = { at: start, now: () => clock.at };
    for (const used of [15, 20]) {
      const take = () => takeFromDatabase(store, clock, `back from the future ${used}`, policy);
      clock.at = start + 365 * 86_400_000;
      for (let n = 0; n < used; n += 1) await take();
      clock.at = start;
      const verdicts = [];
      for (let n = 0; n < 10; n += 1) verdicts.push(await take());
      expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(20 - used);
      expect(new Set(verdicts.map(({ resetSeconds }) => resetSeconds))).toEqual(new Set([60]));
      clock.at += 60_000;
      expect(await take()).toMatchObject({ allowed: true, remaining: 19 });
    }
  });

  it('allows no more by two servers whose clocks are seconds apart', async () => {
    const store = await open();
    const behind = { now: () => start };
    const ahead = { now: () => start + 5_000 };
    let allowed = 0;
    for (let n = 0; n < 60; n += 1) {
      const clock = n % 2 === 0 ? ahead : behind;
      if ((await takeFromDatabase(store, clock, 'apart', policy)).allowed) allowed += 1;
    }
    expect(allowed).toBe(20);
  });

  it('keeps keys and policies apart', async () => {
    const store = await open();
    const clock = { now: () => start };
    const single = { name: 'single', requests: 1, windowSeconds: 60 };
    const outcomes = [];
    for (const key of ['a', 'a', 'b'])
      outcomes.push((await takeFromDatabase(store, clock, key, single)).allowed);
    outcomes.push((await takeFromDatabase(store, clock, 'a', { ...single, name: 'other' })).allowed);
    expect(outcomes).toEqual([true, false, true, true]);
  });
});

it('the figures on an address are the documented ones', () => {
  const figures = Object.values(addressPolicies).map(({ name, requests, windowSeconds }) => [
    name,
    requests,
    windowSeconds,
  ]);
  expect(figures).toEqual([
    ['register', 20, 3600],
    ['sign-in', 30, 60],
    ['refresh', 60, 60],
    ['token', 90, 60],
    ['token-network', 900, 60],
  ]);
});
