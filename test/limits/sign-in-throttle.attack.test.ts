import { expect, it } from 'vitest';
import { describeEachStore } from '../support/stores.js';
import { createScene, hashedOf, hour, minute } from './throttle-support.js';

describeEachStore('a guesser before the sign-in throttle', ({ open }) => {
  it('gets six of fifty parallel guesses hashed', async () => {
    const { guess } = createScene(await open());
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => guess()));
    expect(hashedOf(outcomes)).toBe(6);
    expect(new Set(outcomes)).toEqual(new Set(['hashed', 'address 1']));
  });

  it('gets no more by asking two servers on one database', async () => {
    const { guess } = createScene(await open(), await open());
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => guess()));
    expect(hashedOf(outcomes)).toBe(6);
  });

  it('gets no more than 100 by two servers and parallel guesses from everywhere', async () => {
    const { guess } = createScene(await open(), await open());
    const outcomes = await Promise.all(
      Array.from({ length: 150 }, (_, n) => guess({ address: `198.51.100.${n}` })),
    );
    expect(hashedOf(outcomes)).toBe(100);
  });

  it('gets one fresh start a /64, not one an address, and none by another spelling', async () => {
    const { guess } = createScene(await open());
    const outcomes: string[] = [];
    for (let n = 1; n <= 20; n += 1) outcomes.push(await guess({ address: `2001:db8:1:2::${n}` }));
    expect(hashedOf(outcomes)).toBe(6);
    const spellings: string[] = [];
    for (const address of ['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201', '0:0:0:0:0:ffff:192.0.2.1']) {
      for (let n = 0; n < 3; n += 1) spellings.push(await guess({ address }));
    }
    expect(hashedOf(spellings)).toBe(6);
  });

  it('gains nothing for a victim by signing in to an account of his own in between', async () => {
    const { clock, guess, signIn } = createScene(await open());
    const outcomes: string[] = [];
    for (let n = 0; n < 30; n += 1) {
      outcomes.push(await guess());
      await signIn({ accountKey: 'his own' });
      clock.at += 100;
    }
    expect(hashedOf(outcomes)).toBeLessThanOrEqual(8);
  });

  it('gets no more than 100 an hour from behind the owner’s address, though the owner signs in all the time', async () => {
    const { clock, guess, signIn } = createScene(await open());
    const owner = { address: '192.0.2.9' };
    const outcomes: string[] = [];
    let refusedOwner = 0;
    for (let n = 0; n < 140; n += 1) {
      outcomes.push(await guess(owner));
      if (n % 5 === 4) await signIn(owner).catch(() => (refusedOwner += 1));
      clock.at += 10_000;
    }
    expect(hashedOf(outcomes)).toBe(100);
    expect(refusedOwner).toBeGreaterThan(0);
    await signIn({ ...owner, device: 'known' });
  });

  it('cannot clear the hour of the account by a success elsewhere, nor on a known device', async () => {
    const { clock, guess, signIn, spread } = createScene(await open());
    expect(await spread(99)).toBe(99);
    await signIn({ address: '192.0.2.1' });
    await signIn({ address: '192.0.2.1', device: 'known' });
    expect(await spread(5, 500)).toBe(1);
    clock.at += 30 * minute;
    expect(await guess({ address: '192.0.2.2' })).toBe('account 1800');
  });

  it('never locks the owner out on a known device: not by the account, the address, both, or two servers', async () => {
    const { clock, guess, signIn, spread } = createScene(await open(), await open());
    const home = '192.0.2.44';
    for (let n = 0; n < 12; n += 1) {
      await guess({ address: home });
      clock.at += n < 6 ? 0 : 1_000;
    }
    await spread(120);
    expect(await guess({ address: home })).toMatch(/^(account|address) /);
    for (let n = 0; n < 20; n += 1) await guess({ address: home, device: 'made up' });
    await signIn({ address: home, device: 'known' });
    await Promise.all(Array.from({ length: 10 }, () => signIn({ address: home, device: 'known' })));
  });

  it('with a known device in hand gets 20 an hour, whatever that device’s owner does', async () => {
    const { clock, guess, signIn } = createScene(await open());
    const stolen = { device: 'stolen' };
    const outcomes: string[] = [];
    for (let n = 0; n < 60; n += 1) {
      outcomes.push(await guess(stolen));
      if (n % 3 === 0) await signIn(stolen).catch(() => undefined);
      clock.at += 30_000;
    }
    expect(hashedOf(outcomes)).toBe(20);
    await signIn({ device: 'another' });
  });

  it('from one address gets few guesses in a whole day', async () => {
    const { clock, guess } = createScene(await open());
    const end = clock.at + 24 * hour;
    let hashed = 0;
    while (clock.at < end) {
      const outcome = await guess();
      if (outcome === 'hashed') hashed += 1;
      else clock.at += Number(outcome.split(' ')[1]) * 1000;
    }
    expect(hashed).toBeLessThanOrEqual(16 + 24 * 4);
  });
});
