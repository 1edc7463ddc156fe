import { expect, it } from 'vitest';
import {
  deleteAccount,
  findAccount,
  findByIdentifier,
  findWithPassword,
  insertAccount,
  lockAccount,
  lockAdmins,
  type NewAccount,
  setActive,
  setPasswordHash,
  setRole,
  updateProfile,
} from '../../src/accounts/accounts-queries.js';
import { systemClock } from '../../src/base/clock.js';
import { Refusal } from '../../src/base/errors.js';
import type { Query, Store } from '../../src/store/connection.js';
import { describeEachStore } from '../support/stores.js';

let count = 0;

/** An account that no other test has. */
function somebody(change: Partial<NewAccount> = {}): NewAccount {
  count += 1;
  return {
    email: `Person${count}@Example.com`,
    username: `person_${count}`,
    passwordHash: '$2b$04$hash',
    fullName: 'Élodie Ünal',
    bio: null,
    role: 'user',
    ...change,
  };
}

const insert = (store: Store, account: NewAccount) =>
  store.transaction((tx) => insertAccount(tx, account, systemClock));

/**
 * Runs `first`, lets `second` try to come between (on SQLite it cannot begin), ends `first`, and waits for both. Fifty
 * reads are many times what `second` needs, were nothing in its way.
 */
async function meanwhile(
  store: Store,
  second: () => Promise<unknown>,
  first: (tx: Query) => Promise<() => Promise<void>>,
): Promise<void> {
  // Two connections are open before, so that neither has to be made in between.
  await Promise.all([store.transaction(lockAdmins), store.transaction(lockAdmins)]);
  let after: Promise<unknown> = Promise.resolve();
  await store.transaction(async (tx) => {
    const finish = await first(tx);
    after = second();
    for (let at = 0; at < 50; at += 1) await findAccount(tx, 'nobody');
    await finish();
  });
  await after;
}

describeEachStore('accounts', ({ open }) => {
  it('are given back as they were put in, without their hash', async () => {
    const store = await open();
    const clock = { now: () => 1_700_000_000_123 };
    const given = somebody({ email: 'Ada.L@BÜCHER.example', username: 'Ada_L', bio: "'; drop table x; --" });
    const account = await store.transaction((tx) => insertAccount(tx, given, clock));
    expect(account).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      email: 'Ada.L@BÜCHER.example',
      username: 'ada_l',
      fullName: 'Élodie Ünal',
      bio: "'; drop table x; --",
      role: 'user',
      isActive: true,
      createdAt: 1_700_000_000_123,
      passwordVersion: 1,
    });
    expect(await findAccount(store.db, account.id)).toEqual(account);
    expect(await findWithPassword(store.db, account.id)).toEqual({ account, passwordHash: '$2b$04$hash' });
    expect(await store.transaction((tx) => findAccount(tx, account.id))).toEqual(account);
    expect(await findAccount(store.db, 'nobody')).toBeUndefined();
  });

  it('are found by e-mail or username, whatever the case or the spelling of the domain', async () => {
    const store = await open();
    const { id } = await insert(store, somebody({ email: 'Grace.H@bücher.example', username: 'Grace_H' }));
    for (const name of ['grace.h@bücher.example', 'GRACE.H@xn--BCHER-kva.example', 'grace_h', 'GRACE_H'])
      expect((await findByIdentifier(store.db, name))?.account.id).toBe(id);
  });

  it('are not found by what nobody can bear, nor by a look-alike', async () => {
    const store = await open();
    await insert(store, somebody({ email: 'kate@example.com', username: 'kate_k' }));
    for (const name of [
      '',
      '@',
      'kate\0_k',
      '\ud800',
      '\u212aate@example.com',
      '\u212aate_k',
      'kate_k ',
      '%',
      '_',
    ])
      expect(await findByIdentifier(store.db, name)).toBeUndefined();
    await expect(insert(store, somebody({ email: '\u212aate@example.com' }))).resolves.toBeDefined();
  });

  it('refuse a taken e-mail and a taken username, whatever their case', async () => {
    const store = await open();
    await insert(store, somebody({ email: 'first@example.com', username: 'first_one' }));
    const sameEmail = insert(store, somebody({ email: 'FIRST@EXAMPLE.COM' }));
    await expect(sameEmail).rejects.toMatchObject({ code: 'email_taken', status: 400 });
    const sameName = insert(store, somebody({ username: 'FIRST_one' }));
    await expect(sameName).rejects.toMatchObject({ code: 'username_taken', status: 400 });
    const noAddress = insert(store, somebody({ email: 'nowhere' }));
    await expect(noAddress).rejects.toMatchObject({ code: 'validation_failed' });
  });

  it.each<[string, Partial<NewAccount>, string]>([
    ['one e-mail', { email: 'race@example.com' }, 'email_taken'],
    ['one username', { username: 'race_winner' }, 'username_taken'],
  ])('has exactly one winner where twenty register %s at once', async (_, shared, code) => {
    const store = await open();
    const racers = Array.from({ length: 20 }, () => insert(store, somebody(shared)));
    const outcomes = await Promise.allSettled(racers);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const losers = outcomes.filter((outcome) => outcome.status === 'rejected');
    for (const { reason } of losers) {
      expect(reason).toBeInstanceOf(Refusal);
      expect(reason).toMatchObject({ code });
    }
  });

  it('change what is given, and take away what is null', async () => {
    const store = await open();
    const { id } = await insert(store, somebody({ bio: 'old' }));
    const change = (profile: Parameters<typeof updateProfile>[2]) =>
      store.transaction((tx) => updateProfile(tx, id, profile, systemClock));
    expect(await change({ fullName: 'Émile Zola' })).toBe(true);
    expect(await findAccount(store.db, id)).toMatchObject({ fullName: 'Émile Zola', bio: 'old' });
    await change({ fullName: null, bio: null });
    expect(await findAccount(store.db, id)).toMatchObject({ fullName: null, bio: null });
    expect(await change({})).toBe(true);
    expect(await updateProfile(store.db, 'nobody', { bio: 'x' }, systemClock)).toBe(false);
  });

  it('change role and activity', async () => {
    const store = await open();
    const { id } = await insert(store, somebody());
    expect(await setRole(store.db, id, 'moderator', systemClock)).toBe(true);
    expect(await setActive(store.db, id, false, systemClock)).toBe(true);
    expect(await findAccount(store.db, id)).toMatchObject({ role: 'moderator', isActive: false });
    expect(await setRole(store.db, 'nobody', 'user', systemClock)).toBe(false);
    expect(await setActive(store.db, 'nobody', true, systemClock)).toBe(false);
  });

  it('count a new password, and not a rehash of the same one', async () => {
    const store = await open();
    const { id } = await insert(store, somebody());
    const set = (hash: string, bumpVersion: boolean, ifVersion?: number) => {
      const change = { bumpVersion, ...(ifVersion === undefined ? {} : { ifVersion }) };
      return store.transaction((tx) => setPasswordHash(tx, id, hash, change, systemClock));
    };
    expect(await set('rehashed', false, 1)).toBe(true);
    expect(await findWithPassword(store.db, id)).toMatchObject({
      passwordHash: 'rehashed',
      account: { passwordVersion: 1 },
    });
    expect(await set('new', true)).toBe(true);
    expect(await set('a late rehash of the old one', false, 1)).toBe(false);
    expect(await findWithPassword(store.db, id)).toMatchObject({
      passwordHash: 'new',
      account: { passwordVersion: 2 },
    });
  });

  it('let one of many changes of the same password win', async () => {
    const store = await open();
    const { id } = await insert(store, somebody());
    const change = { bumpVersion: true, ifVersion: 1 };
    const all = Array.from({ length: 10 }, (_, at) =>
      store.transaction((tx) => setPasswordHash(tx, id, `hash ${at}`, change, systemClock)),
    );
    expect((await Promise.all(all)).filter(Boolean)).toHaveLength(1);
    expect((await findAccount(store.db, id))?.passwordVersion).toBe(2);
  });

  it('go with their sessions and tokens, and only once', async () => {
    const store = await open();
    const { id } = await insert(store, somebody());
    const session = { client_id: 'x', created_at: 1, expires_at: 2, revoked_at: null, revoked_reason: null };
    const token = { created_at: 1, consumed_at: null, successor_seed: null, successor_digest: null };
    await store.transaction(async (tx) => {
      await tx
        .insertInto('sallyport_sessions')
        .values({ id: `s${id}`, account_id: id, ...session })
        .execute();
      await tx
        .insertInto('sallyport_refresh_tokens')
        .values({ digest: `d${id}`, session_id: `s${id}`, ...token })
        .execute();
    });
    expect(await store.transaction((tx) => deleteAccount(tx, id))).toBe(true);
    expect(await store.transaction((tx) => deleteAccount(tx, id))).toBe(false);
    expect(await findAccount(store.db, id)).toBeUndefined();
    const sessions = store.db.selectFrom('sallyport_sessions').select('id').where('account_id', '=', id);
    const tokens = store.db
      .selectFrom('sallyport_refresh_tokens')
      .select('digest')
      .where('digest', '=', `d${id}`);
    expect(await sessions.execute()).toEqual([]);
    expect(await tokens.execute()).toEqual([]);
  });

  it('stand still while they are locked', async () => {
    const store = await open();
    const { id } = await insert(store, somebody());
    const order: string[] = [];
    const disable = () => store.transaction((tx) => setActive(tx, id, false, systemClock));
    await meanwhile(store, disable, async (tx) => {
      expect(await lockAccount(tx, id)).toMatchObject({ id, isActive: true });
      expect(await lockAccount(tx, 'nobody')).toBeUndefined();
      return async () => {
        expect(await findAccount(tx, id)).toMatchObject({ isActive: true });
        order.push('decided');
      };
    }).then(() => order.push('disabled'));
    expect(order).toEqual(['decided', 'disabled']);
    expect(await findAccount(store.db, id)).toMatchObject({ isActive: false });
  });

  it('never lose their last admin where two demote each other', async () => {
    const store = await open();
    const [one, two] = [
      await insert(store, somebody({ role: 'admin' })),
      await insert(store, somebody({ role: 'admin' })),
    ];
    const disabled = await insert(store, somebody({ role: 'admin' }));
    await setActive(store.db, disabled.id, false, systemClock);
    expect(await store.transaction(lockAdmins)).toEqual([one.id, two.id]);
    const seen: (readonly string[])[] = [];
    const demoteOne = () =>
      store.transaction(async (tx) => {
        const admins = await lockAdmins(tx);
        seen.push(admins);
        return admins.length > 1 && setRole(tx, one.id, 'user', systemClock);
      });
    await meanwhile(store, demoteOne, async (tx) => {
      seen.push(await lockAdmins(tx));
      return async () => {
        await setRole(tx, two.id, 'user', systemClock);
      };
    });
    expect(seen).toEqual([[one.id, two.id], [one.id]]);
    expect(await store.transaction(lockAdmins)).toEqual([one.id]);
  });
});
