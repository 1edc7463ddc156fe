import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.js';
import { Secret } from '../../../src/base/secret.js';
import { openStore, type Store } from '../../../src/store/connection.js';
import { migrate } from '../../../src/store/migrate.js';
import { createPostgresServer, type PostgresServer } from '../../support/postgres-server.js';
import { createDatabase, type TestDatabase } from '../../support/stores.js';
import { accountIds, insertAccount, raw } from '../accounts.js';

const unavailable = { code: 'service_unavailable', status: 503, retryAfter: 5 };

describe('a PostgreSQL that goes away', () => {
  let server: PostgresServer;
  let database: TestDatabase;
  let store: Store;

  beforeAll(async () => {
    server = await createPostgresServer({ packaged: true });
    database = await createDatabase('postgres', `${server.url}postgres`);
    store = await openStore(database.settings);
    await migrate(store, systemClock);
  });
  afterAll(async () => {
    await store.close();
    await server.remove();
  });

  test.each(['fast', 'immediate'] as const)(
    'a server that stops (%s) is a 503; it comes back by itself',
    async (how) => {
      await insertAccount(store.db, `before-${how}`);
      await Promise.all(Array.from({ length: 5 }, () => accountIds(store.db)));
      const during = store.transaction(async (tx) => {
        await insertAccount(tx, `during-${how}`);
        await server.stop(how);
        await insertAccount(tx, `after-${how}`);
      });
      await expect(during).rejects.toMatchObject(unavailable);
      await expect(accountIds(store.db)).rejects.toMatchObject(unavailable);
      await expect(insertAccount(store.db, 'x')).rejects.toMatchObject(unavailable);
      await expect(store.transaction(accountIds)).rejects.toMatchObject(unavailable);
      await expect(store.ping()).rejects.toMatchObject(unavailable);

      await server.start();

      await store.ping();
      expect(await accountIds(store.db)).toContain(`before-${how}`);
      expect(await accountIds(store.db)).not.toContain(`during-${how}`);
      await insertAccount(store.db, `again-${how}`);
    },
  );

  test('an idle connection that the server ends does not end the process', async () => {
    await Promise.all(Array.from({ length: 5 }, () => accountIds(store.db)));
    await raw(
      store.db,
      `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'sallyport' and pid <> pg_backend_pid()`,
    );
    await store.ping();
    await expect(store.transaction(accountIds)).resolves.toContain('before-fast');
  });
});

describe('opening', () => {
  test('an unreachable server is one line that names it without the password', async () => {
    const url = new Secret('postgresql://user:hunter2@127.0.0.1:1/accounts');
    const opening = openStore({ dataDir: '/nowhere', database: { engine: 'postgres', url } });
    await expect(opening).rejects.toMatchObject({
      name: 'ConfigurationError',
      code: 'ERR_STORE_AWAY',
      message: expect.stringMatching(
        /^Cannot use PostgreSQL at 127\.0\.0\.1:1\/accounts .*ECONNREFUSED.*correct DATABASE_URL$/,
      ),
    });
    await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') });
  });
});

describe('a deadlock', () => {
  test('is tried again until both are through', async () => {
    const database = await createDatabase('postgres');
    const store = await openStore(database.settings);
    await migrate(store, systemClock);
    await insertAccount(store.db, 'a');
    await insertAccount(store.db, 'b');
    let runs = 0;
    let meet = () => {};
    const bothHoldOne = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const touch = async (first: string, second: string) =>
      store.transaction(async (tx) => {
        const set = (id: string) =>
          tx
            .updateTable('sallyport_accounts')
            .set({ role: `${first}-${second}` })
            .where('id', '=', id)
            .execute();
        await set(first);
        runs += 1;
        if (runs === 2) meet();
        await bothHoldOne;
        await set(second);
      });
    await Promise.all([touch('a', 'b'), touch('b', 'a')]);
    expect(runs).toBe(3);
    const roles = await store.db.selectFrom('sallyport_accounts').select('role').distinct().execute();
    expect(roles).toHaveLength(1);
    await store.close();
    await database.drop();
  });
});
