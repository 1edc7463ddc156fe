import { expect, test } from 'vitest';
import { kept } from '../../src/store/kept.js';
import { describeEachStore } from '../support/stores.js';
import { insertAccount, removeAccounts } from './accounts.js';

let built = 0;

const findActive = kept((db, isActive: boolean, id: string) => {
  built += 1;
  return db
    .selectFrom('sallyport_accounts')
    .select(['id', 'is_active', 'role'])
    .where('id', '=', id)
    .where('role', '=', 'user')
    .where('is_active', '=', isActive);
});

const countUp = kept((db, key: string, hits: number) =>
  db
    .insertInto('sallyport_counters')
    .values({ key, hits, expires_at: 1 })
    .onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet((eb) => ({ hits: eb('sallyport_counters.hits', '+', eb.ref('excluded.hits')) })),
    )
    .returning('hits'),
);

describeEachStore('kept', ({ open }) => {
  test('is built once an engine and bound anew each time, in whatever order the text wants', async () => {
    const { db } = await open();
    await insertAccount(db, 'alice');
    await insertAccount(db, 'bob', { is_active: false });
    built = 0;
    expect(await findActive(db, true, 'alice')).toEqual({ id: 'alice', is_active: true, role: 'user' });
    expect(await findActive(db, false, 'bob')).toEqual({ id: 'bob', is_active: false, role: 'user' });
    expect(await findActive(db, true, 'bob')).toBeUndefined();
    expect(built).toBe(1);
  });

  test('works inside a transaction and sees its writes; outside it sees the last commit at once', async () => {
    const store = await open();
    await removeAccounts(store.db);
    await store.transaction(async (tx) => {
      await insertAccount(tx, 'carol');
      expect(await findActive(tx, true, 'carol')).toMatchObject({ id: 'carol' });
      expect(await findActive(store.db, true, 'carol')).toBeUndefined();
    });
    expect(await findActive(store.db, true, 'carol')).toMatchObject({ id: 'carol' });
  });

  test('may write and return, fifty at once', async () => {
    const store = await open();
    const counted = await Promise.all(Array.from({ length: 50 }, () => countUp(store.db, 'k', 2)));
    expect(counted.map((row) => row?.hits).sort((a = 0, b = 0) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, n) => 2 * n + 2),
    );
    expect(await store.transaction((tx) => countUp(tx, 'k', 1))).toEqual({ hits: 101 });
  });

  test("attack: a parameter's text is never read as SQL", async () => {
    const { db } = await open();
    await insertAccount(db, 'dave');
    expect(await findActive(db, true, "' or 1=1; drop table sallyport_accounts; --")).toBeUndefined();
    expect(await findActive(db, true, 'dave')).toMatchObject({ id: 'dave' });
  });
});
