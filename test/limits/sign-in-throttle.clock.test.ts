import { expect, it } from 'vitest';
import { describeEachStore } from '../support/stores.js';
import { createScene, hashedOf, hour, minute } from './throttle-support.js';

const year = 365 * 24 * hour;

describeEachStore('the sign-in throttle under a clock that jumps', ({ open }) => {
  it.each([15 * minute, 3 * hour, year])(
    'lets no more than 100 through when set back by %i ms',
    async (back) => {
      const { clock, guess, spread } = createScene(await open());
      expect(await spread(95)).toBe(95);
      clock.at -= back;
      expect(await spread(100, 1_000)).toBe(5);
      // An hour of true time after the last of them the account is open again, and not before.
      clock.at += hour - 1;
      expect(await guess({ address: '192.0.2.1' })).toBe('account 1');
      clock.at += 1;
      expect(await guess({ address: '192.0.2.1' })).toBe('hashed');
    },
  );

  it('lets no more than 100 through by two servers a quarter of an hour apart', async () => {
    const { clock, spread } = createScene(await open());
    let hashed = 0;
    for (let turn = 0; turn < 10; turn += 1) {
      hashed += await spread(12, turn * 100);
      clock.at += turn % 2 === 0 ? -15 * minute : 15 * minute;
    }
    expect(hashed).toBe(100);
  });

  it('keeps an account that was full in the future closed for an hour at most, a device too', async () => {
    const { clock, guess, spread } = createScene(await open());
    clock.at += year;
    await spread(100);
    for (let n = 0; n < 20; n += 1) await guess({ device: 'laptop' });
    clock.at -= year;
    expect(await guess({ address: '192.0.2.1' })).toBe('account 3600');
    expect(await guess({ device: 'laptop' })).toBe('device 3600');
    clock.at += hour - 1_000;
    expect(await guess({ address: '192.0.2.1' })).toBe('account 1');
    expect(await guess({ device: 'laptop' })).toBe('device 1');
    clock.at += 1_000;
    expect(await guess({ address: '192.0.2.1' })).toBe('hashed');
    expect(await guess({ device: 'laptop' })).toBe('hashed');
  });

  it('forgets a wait of the future, and counts on', async () => {
    const { clock, guess } = createScene(await open());
    clock.at += year;
    const outcomes: string[] = [];
    for (let n = 0; n < 7; n += 1) {
      outcomes.push(await guess());
      clock.at += 1_000;
    }
    expect(hashedOf(outcomes)).toBe(7);
    clock.at -= year;
    expect([await guess(), await guess()]).toEqual(['hashed', 'address 4']);
  });

  it('holds a wait of fifteen minutes on a server that is minutes behind', async () => {
    const { clock, guess } = createScene(await open());
    let outcome = await guess();
    while (outcome !== 'address 900') {
      if (outcome !== 'hashed') clock.at += Number(outcome.split(' ')[1]) * 1000;
      outcome = await guess();
    }
    clock.at -= 4 * minute;
    expect(await guess()).toBe('address 1140');
  });

  it('begins a place of the ceiling anew, hour after hour', async () => {
    const { clock, spread } = createScene(await open());
    for (let round = 0; round < 5; round += 1) {
      expect(await spread(110, round * 200)).toBe(100);
      clock.at += 65 * minute;
    }
  });

  it('does not add up the tries of many hours in one place', async () => {
    const { clock, spread } = createScene(await open());
    for (let n = 0; n < 130; n += 1) {
      expect(await spread(1, n)).toBe(1);
      clock.at += 299_000;
    }
  });

  it('gives nothing back of an hour that is over', async () => {
    const { clock, admit, spread } = createScene(await open());
    const old = await admit({ address: '192.0.2.1' });
    clock.at += 65 * minute;
    expect(await spread(50)).toBe(50);
    await old.succeeded();
    expect(await spread(100, 1_000)).toBe(50);
  });
});

describeEachStore('the rows of the sign-in throttle', ({ open }) => {
  const rowsOf = async (store: Awaited<ReturnType<typeof open>>) => ({
    throttles: await store.db.selectFrom('sallyport_throttles').select('key').execute(),
    counters: await store.db.selectFrom('sallyport_counters').select('key').execute(),
  });

  it('are gone after a flood of tries that were cancelled, one after the other and at once', async () => {
    const store = await open();
    const { admit } = createScene(store);
    for (let n = 0; n < 30; n += 1) {
      const subject = { accountKey: `unknown-${n}`, address: `192.0.2.${n}` };
      await (await admit(subject)).cancelled();
    }
    const address = (n: number) => `198.51.100.${n}`;
    const admissions = await Promise.all(
      Array.from({ length: 40 }, (_, n) => admit({ address: address(n >> 1) })),
    );
    await Promise.all(admissions.map((admission) => admission.cancelled()));
    expect(await rowsOf(store)).toEqual({ throttles: [], counters: [] });
  });

  it('are gone after right passwords, on known devices too', async () => {
    const store = await open();
    const { signIn } = createScene(store);
    await signIn();
    await signIn({ device: 'laptop' });
    expect(await rowsOf(store)).toEqual({ throttles: [], counters: [] });
  });

  it('stay while another try counts', async () => {
    const store = await open();
    const { admit, guess } = createScene(store);
    await guess();
    await (await admit({})).cancelled();
    const { throttles, counters } = await rowsOf(store);
    expect([throttles.length, counters.length]).toEqual([2, 1]);
  });
});
