import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { type Engine, openStore, type Store } from '../../src/store/connection.js';
import { migrate } from '../../src/store/migrate.js';
import { migrations } from '../../src/store/migrations/list.js';
import { createDatabase, type TestDatabase } from '../support/stores.js';
import { insertAccount, raw } from './accounts.js';

const all = migrations.map(({ name }) => name);

describe.each<Engine>(['sqlite', 'postgres'])('migrate on %s', (engine) => {
  const databases: TestDatabase[] = [];
  const stores: Store[] = [];
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await Promise.all(databases.splice(0).map((database) => database.drop()));
  });

  async function fresh(): Promise<{ store: Store; another: () => Promise<Store> }> {
    const database = await createDatabase(engine);
    databases.push(database);
    const another = async () => {
      const store = await openStore(database.settings);
      stores.push(store);
      return store;
    };
    return { store: await another(), another };
  }

  test('applies each step once and notes when', async () => {
    const { store } = await fresh();
    expect(await migrate(store, { now: () => 1_234 })).toEqual(all);
    expect(await migrate(store, systemClock)).toEqual([]);
    const rows = await store.db.selectFrom('sallyport_migrations').selectAll().execute();
    expect(rows).toEqual(all.map((name) => ({ name, applied_at: 1_234 })));
  });

  test('ten at once, over several stores: one does it', async () => {
    const { another } = await fresh();
    const ten = await Promise.all(Array.from({ length: 10 }, another));
    const done = await Promise.all(ten.map((store) => migrate(store, systemClock)));
    expect(done.flat()).toEqual(all);
  });

  test('leaves strange tables alone', async () => {
    const { store } = await fresh();
    await raw(store.db, `create table users (id integer primary key, name text)`);
    await raw(store.db, `create table sallyportal (id integer)`);
    await raw(store.db, `insert into users values (1, 'theirs')`);
    await migrate(store, systemClock);
    expect((await raw(store.db, 'select * from users')).rows).toEqual([{ id: 1, name: 'theirs' }]);
  });

  test.each(['sallyport_accounts', 'sallyport_other', 'sallyport_migrations'])(
    'refuses a table %s that it did not make, and touches nothing',
    async (table) => {
      const { store } = await fresh();
      await raw(store.db, `create table ${table} (mine text)`);
      await raw(store.db, `insert into ${table} values ('theirs')`);
      await expect(migrate(store, systemClock)).rejects.toMatchObject({
        name: 'ConfigurationError',
        message: expect.stringContaining(`table ${table} that Sallyport did not make`),
      });
      expect((await raw(store.db, `select * from ${table}`)).rows).toEqual([{ mine: 'theirs' }]);
      await expect(insertAccount(store.db, 'alice')).rejects.toThrow();
    },
  );

  test('refuses a database of a newer version', async () => {
    const { store } = await fresh();
    await migrate(store, systemClock);
    await store.db.insertInto('sallyport_migrations').values({ name: '9999-later', applied_at: 1 }).execute();
    await expect(migrate(store, systemClock)).rejects.toMatchObject({
      code: 'ERR_STORE_NEWER',
      message: expect.stringContaining('9999-later'),
    });
  });

  test('a failing step leaves nothing behind', async () => {
    const { store } = await fresh();
    await raw(store.db, 'create table blocker (id integer)');
    await raw(store.db, 'create index sallyport_sessions_account on blocker (id)');
    await expect(migrate(store, systemClock)).rejects.toThrow();
    await raw(store.db, 'drop table blocker');
    expect(await migrate(store, systemClock)).toEqual(all);
  });
});
