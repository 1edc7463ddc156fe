import { beforeEach, expect, test } from 'vitest';
import { Refusal } from '../../src/base/errors.js';
import type { Query, Store } from '../../src/store/connection.js';
import { isUniqueViolation } from '../../src/store/store-errors.js';
import { describeEachStore } from '../support/stores.js';
import { accountIds, addOne, insertAccount, removeAccounts } from './accounts.js';

const unavailable = { code: 'service_unavailable', retryAfter: 5 };

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

describeEachStore('transaction', ({ open }) => {
  let store: Store;
  beforeEach(async () => {
    store ??= await open();
    await removeAccounts(store.db);
  });

  test('commits what the work wrote and gives its result', async () => {
    const result = await store.transaction(async (tx) => {
      await insertAccount(tx, 'alice');
      return 'done';
    });
    expect(result).toBe('done');
    expect(await accountIds(store.db)).toEqual(['alice']);
  });

  test('a throw rolls everything back and passes through unchanged', async () => {
    const refusal = new Refusal('last_admin');
    const work = store.transaction(async (tx) => {
      await insertAccount(tx, 'alice');
      throw refusal;
    });
    await expect(work).rejects.toBe(refusal);
    expect(await accountIds(store.db)).toEqual([]);
  });

  test('others see nothing of it before the commit, and do not wait', async () => {
    await store.transaction(async (tx) => {
      await insertAccount(tx, 'alice');
      expect(await accountIds(store.db)).toEqual([]);
      expect(await accountIds(tx)).toEqual(['alice']);
    });
  });

  test('a tx that outlives its transaction is refused', async () => {
    let leaked: Query | undefined;
    await store.transaction(async (tx) => {
      leaked = tx;
      await insertAccount(tx, 'alice');
    });
    await expect(insertAccount(leaked as Query, 'bob')).rejects.toThrow('This transaction is over');
    expect(await accountIds(store.db)).toEqual(['alice']);
  });

  test('a failure that the work swallows still dooms the whole', async () => {
    await insertAccount(store.db, 'alice');
    const work = store.transaction(async (tx) => {
      await insertAccount(tx, 'bob');
      await insertAccount(tx, 'alice').catch(() => {});
    });
    await expect(work).rejects.toSatisfy((error) => isUniqueViolation(error) !== undefined);
    expect(await accountIds(store.db)).toEqual(['alice']);
  });

  test('a transaction opened past the store, or inside another, is refused', async () => {
    await expect(store.db.transaction().execute(async () => 1)).rejects.toThrow('store.transaction()');
    const inner = store.transaction((tx) => tx.transaction().execute(async () => 1));
    await expect(inner).rejects.toThrow();
  });

  test('read, then write: no addition is lost among forty at once', async () => {
    await store.db.insertInto('sallyport_counters').values({ key: 'k', hits: 0, expires_at: 1 }).execute();
    await Promise.all(Array.from({ length: 40 }, () => store.transaction((tx) => addOne(tx, 'k'))));
    const row = await store.db.selectFrom('sallyport_counters').select('hits').executeTakeFirst();
    expect(row).toEqual({ hits: 40 });
  });

  test('past its deadline it is rolled back, answers 503, and what comes after still works', async () => {
    const { opened, open: release } = gate();
    let late: Promise<unknown> = Promise.resolve();
    const work = store.transaction(
      async (tx) => {
        await insertAccount(tx, 'alice');
        late = opened.then(() => insertAccount(tx, 'bob'));
        await late;
      },
      { deadline: 20 },
    );
    await expect(work).rejects.toMatchObject(unavailable);
    await insertAccount(store.db, 'carol');
    release();
    await expect(late).rejects.toMatchObject(unavailable);
    expect(await accountIds(store.db)).toEqual(['carol']);
  });

  test('a violation names its column', async () => {
    await insertAccount(store.db, 'alice');
    const violation = (id: string, changes = {}) =>
      insertAccount(store.db, id, changes).then(() => 'none', isUniqueViolation);
    expect(await violation('bob', { email_key: 'alice@example.org' })).toBe('email_key');
    expect(await violation('bob', { username: 'alice' })).toBe('username');
    expect(await violation('alice', { email_key: 'other', username: 'other' })).toBe('id');
    expect(isUniqueViolation(new Error('UNIQUE constraint failed: a.b'))).toBeUndefined();
  });

  test('deleting an account takes its sessions and their tokens along', async () => {
    await insertAccount(store.db, 'alice');
    const session = { id: 's', account_id: 'alice', client_id: 'c', created_at: 1, expires_at: 2 };
    await store.db
      .insertInto('sallyport_sessions')
      .values({ ...session, revoked_at: null, revoked_reason: null })
      .execute();
    const token = { digest: 'd', session_id: 's', created_at: 1, consumed_at: null };
    await store.db
      .insertInto('sallyport_refresh_tokens')
      .values({ ...token, successor_seed: null, successor_digest: null })
      .execute();
    await removeAccounts(store.db);
    expect(await store.db.selectFrom('sallyport_refresh_tokens').selectAll().execute()).toEqual([]);
    const orphan = store.db
      .insertInto('sallyport_sessions')
      .values({ ...session, revoked_at: null, revoked_reason: null })
      .execute();
    await expect(orphan).rejects.toThrow();
  });

  test('booleans, large times and counts come back as they went in', async () => {
    await insertAccount(store.db, 'alice', { is_active: false });
    await insertAccount(store.db, 'bob');
    const inactive = await store.db
      .selectFrom('sallyport_accounts')
      .select(['id', 'is_active', 'created_at'])
      .where('is_active', '=', false)
      .execute();
    expect(inactive).toEqual([{ id: 'alice', is_active: false, created_at: 1_700_000_000_000 }]);
    const counted = await store.db
      .selectFrom('sallyport_accounts')
      .select((eb) => eb.fn.countAll().as('all'))
      .executeTakeFirst();
    expect(counted).toEqual({ all: 2 });
    const changed = await store.db
      .updateTable('sallyport_accounts')
      .set({ is_active: true })
      .where('id', '=', 'alice')
      .returning(['id', 'is_active'])
      .execute();
    expect(changed).toEqual([{ id: 'alice', is_active: true }]);
  });

  test('the number of changed rows is the verdict of a conditional update', async () => {
    await insertAccount(store.db, 'alice');
    const claim = () =>
      store.db
        .updateTable('sallyport_accounts')
        .set({ role: 'admin', search_text: 'changed' })
        .where('id', '=', 'alice')
        .where('role', '=', 'user')
        .executeTakeFirstOrThrow();
    const results = await Promise.all(Array.from({ length: 8 }, claim));
    expect(results.map(({ numUpdatedRows }) => numUpdatedRows).sort()).toEqual([
      0n,
      0n,
      0n,
      0n,
      0n,
      0n,
      0n,
      1n,
    ]);
  });

  test('attack: a text with NUL is refused as bad input, in a write and in a search, never cut', async () => {
    const refused = { code: 'bad_request', status: 400 };
    await expect(insertAccount(store.db, 'nul', { search_text: 'a\0b' })).rejects.toMatchObject(refused);
    const lookup = store.db
      .selectFrom('sallyport_accounts')
      .select('id')
      .where('username', '=', 'a\0')
      .execute();
    await expect(lookup).rejects.toMatchObject(refused);
    expect(await accountIds(store.db)).toEqual([]);
  });
});

describeEachStore('close', ({ open }) => {
  test('waits for running work, then refuses; twice is once', async () => {
    const store = await open();
    const { opened, open: release } = gate();
    const work = store.transaction(async (tx) => {
      await insertAccount(tx, 'alice');
      await opened;
      return accountIds(tx);
    });
    await Promise.resolve();
    const closing = Promise.all([store.close(), store.close()]);
    release();
    expect(await work).toEqual(['alice']);
    await closing;
    await expect(accountIds(store.db)).rejects.toMatchObject(unavailable);
    await expect(insertAccount(store.db, 'bob')).rejects.toMatchObject(unavailable);
    await expect(store.transaction(accountIds)).rejects.toMatchObject(unavailable);
    await expect(store.ping()).rejects.toMatchObject(unavailable);
    expect(await accountIds((await open()).db)).toEqual(['alice']);
  });
});
