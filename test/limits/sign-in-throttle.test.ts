import { expect, it } from 'vitest';
import { purge } from '../../src/store/maintenance.js';
import { describeEachStore } from '../support/stores.js';
import { createScene, hashedOf, hour, minute } from './throttle-support.js';

describeEachStore('the sign-in throttle', ({ open }) => {
  it('waits 1 s from the sixth failure, doubling to 15 minutes', async () => {
    const { clock, guess } = createScene(await open());
    for (let failure = 1; failure <= 6; failure += 1) expect(await guess()).toBe('hashed');
    const waits: number[] = [];
    for (let failure = 6; failure < 19; failure += 1) {
      const closed = await guess();
      const seconds = Number(closed.split(' ')[1]);
      waits.push(seconds);
      clock.at += seconds * 1000 - 1;
      expect(await guess()).toBe('address 1');
      clock.at += 1;
      expect(await guess()).toBe('hashed');
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
  });

  it('answers 429 with Retry-After and does not charge what it refuses', async () => {
    const { clock, admit, guess } = createScene(await open());
    for (let failure = 0; failure < 6; failure += 1) await guess();
    for (let knock = 0; knock < 20; knock += 1) expect(await guess()).toBe('address 1');
    await expect(admit({})).rejects.toMatchObject({ code: 'too_many_requests', status: 429, retryAfter: 1 });
    clock.at += 1_000;
    expect(await guess()).toBe('hashed');
  });

  it('forgets an address a day after its last failure, and not before', async () => {
    const { clock, guess } = createScene(await open());
    for (let failure = 0; failure < 6; failure += 1) await guess();
    clock.at += 24 * hour - 1;
    expect([await guess(), await guess()]).toEqual(['hashed', 'address 2']);
    clock.at += 24 * hour;
    for (let failure = 0; failure < 6; failure += 1) expect(await guess()).toBe('hashed');
  });

  it('gives a right password’s try back and starts over at its address', async () => {
    const { guess, signIn } = createScene(await open());
    for (let round = 0; round < 4; round += 1) {
      for (let failure = 0; failure < 5; failure += 1) expect(await guess()).toBe('hashed');
      await signIn();
    }
  });

  it('never throttles who only ever types the right password', async () => {
    const { signIn } = createScene(await open());
    for (let round = 0; round < 120; round += 1) await signIn();
    await signIn({ device: 'laptop' });
  });

  it('gives a try back, and nothing more, when no password was compared', async () => {
    const { admit, guess } = createScene(await open());
    for (let failure = 0; failure < 5; failure += 1) await guess();
    for (let round = 0; round < 10; round += 1) await (await admit({})).cancelled();
    expect([await guess(), await guess()]).toEqual(['hashed', 'address 1']);
  });

  it('settles inside the caller’s transaction: kept with it, gone with it', async () => {
    const store = await open();
    const { admit, guess } = createScene(store);
    for (let failure = 0; failure < 5; failure += 1) await guess();
    const lost = await admit({});
    await expect(
      store.transaction(async (tx) => {
        await lost.succeeded(tx);
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect(await guess()).toBe('address 1');
    await store.transaction((tx) => lost.succeeded(tx));
    expect(await guess()).toBe('hashed');
  });

  it('closes an account at 100 failures in an hour, from wherever they come', async () => {
    const { clock, guess, spread } = createScene(await open());
    expect(await spread(130)).toBe(100);
    expect(await guess()).toBe('account 3600');
    clock.at += hour - 1;
    expect(await guess()).toBe('account 1');
    clock.at += 1;
    expect(await guess()).toBe('hashed');
  });

  it('never lets more than 100 guesses through in any hour, however they are laid around its edge', async () => {
    const { clock, spread } = createScene(await open());
    const first = await spread(1);
    clock.at += 59 * minute;
    const before = await spread(99, 1_000);
    clock.at += 2 * minute;
    const after = await spread(100, 2_000);
    expect(first + before).toBe(100);
    expect(after).toBeLessThanOrEqual(1);
  });

  it('counts every failure until it is an hour old to the millisecond', async () => {
    const { clock, spread } = createScene(await open());
    expect(await spread(99)).toBe(99);
    clock.at += hour - 1;
    expect(await spread(5, 1_000)).toBe(1);
    clock.at += 1;
    expect(await spread(120, 2_000)).toBe(99);
  });

  it('gives a known device 20 failures an hour of its own', async () => {
    const { clock, guess } = createScene(await open());
    const outcomes: string[] = [];
    for (let failure = 0; failure < 21; failure += 1) outcomes.push(await guess({ device: 'laptop' }));
    expect(hashedOf(outcomes)).toBe(20);
    expect(outcomes.at(-1)).toBe('device 3600');
    expect(await guess({ device: 'phone' })).toBe('hashed');
    expect(await guess()).toBe('hashed');
    clock.at += hour;
    expect(await guess({ device: 'laptop' })).toBe('hashed');
  });

  it('survives the purge while it counts, and leaves nothing behind', async () => {
    const store = await open();
    const { clock, guess, signIn, spread } = createScene(store);
    for (let failure = 0; failure < 6; failure += 1) await guess();
    await signIn({ address: '192.0.2.1' });
    await spread(94);
    clock.at += hour - 1;
    await purge(store, clock);
    expect(await guess({ address: '192.0.2.2' })).toBe('account 1');
    clock.at += 1;
    await purge(store, clock);
    expect([await guess(), await guess()]).toEqual(['hashed', 'address 2']);
    // Longer than a day, for the rows of the other tests.
    clock.at += 1_000 * hour;
    await purge(store, clock);
    expect(await store.db.selectFrom('sallyport_throttles').select('key').execute()).toEqual([]);
    expect(await store.db.selectFrom('sallyport_counters').select('key').execute()).toEqual([]);
  });

  it('keeps nothing in clear: an identifier may be a password in the wrong field', async () => {
    const store = await open();
    const { guess } = createScene(store);
    const typed = 'hunter2-typed-into-the-wrong-field';
    await guess({ accountKey: typed, address: '198.51.100.77' });
    await guess({ accountKey: typed, device: 'device-in-clear' });
    const kept = JSON.stringify([
      await store.db.selectFrom('sallyport_throttles').selectAll().execute(),
      await store.db.selectFrom('sallyport_counters').selectAll().execute(),
    ]);
    for (const text of [typed, '198.51.100.77', 'device-in-clear', 'account-'])
      expect(kept).not.toContain(text);
  });
});
