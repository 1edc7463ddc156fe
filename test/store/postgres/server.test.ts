import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.js';
import { Secret } from '../../../src/base/secret.js';
import { openStore, type Store } from '../../../src/store/connection.js';
import { migrate } from '../../../src/store/migrate.js';
import { migrations } from '../../../src/store/migrations/list.js';
import { assertVersion, connectionString, serverName } from '../../../src/store/postgres/pool.js';
import { searchCondition } from '../../../src/store/search.js';
import { createDatabase, type TestDatabase } from '../../support/stores.js';
import { insertAccount, raw } from '../accounts.js';
import { buildStore, OtherProcess } from '../process.js';

describe('a PostgreSQL server', () => {
  let database: TestDatabase;
  let store: Store;
  beforeAll(async () => {
    database = await createDatabase('postgres');
    store = await openStore(database.settings);
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  test('two processes migrate at once: one of them does it', async () => {
    const built = buildStore();
    const [one, two] = [new OtherProcess(built.folder, database), new OtherProcess(built.folder, database)];
    expect([await one.next(), await two.next()]).toEqual(['open', 'open']);
    const done = (await Promise.all([one.ask('migrate'), two.ask('migrate')])) as string[][];
    // Each migration by one of them, whichever came first to it.
    expect(done.flat().sort()).toEqual(migrations.map(({ name }) => name));
    await Promise.all([one.kill(), two.kill()]);
    built.remove();
  });

  test('that cuts a statement short is a 503, and the next one works', async () => {
    const slow = store.transaction(async (tx) => {
      await raw(tx, 'set local statement_timeout = 20');
      await raw(tx, 'select pg_sleep(10)');
    });
    await expect(slow).rejects.toMatchObject({ code: 'service_unavailable', retryAfter: 5 });
    expect((await raw(store.db, 'show statement_timeout')).rows).toEqual([{ statement_timeout: '5s' }]);
  });

  test('that is too busy to answer a ping within a second is not ready; then it is again', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const busy = Array.from({ length: 10 }, () => store.transaction(() => released));
    await expect(store.ping()).rejects.toMatchObject({ code: 'service_unavailable' });
    release();
    await Promise.all(busy);
    await store.ping();
  });

  test('is known by name without its password', () => {
    expect(serverName(new Secret('postgresql://u:secret@db.example:5433/accounts?sslmode=require'))).toBe(
      'db.example:5433/accounts',
    );
  });

  test('too old is refused with a line that says so', () => {
    expect(() => assertVersion(150_000, 'db')).not.toThrow();
    expect(() => assertVersion(140_012, 'db')).toThrow(/^PostgreSQL 14 at db is too old: use 15 or later/);
  });

  test.each([
    ['require', 'verify-full'],
    ['prefer', 'verify-full'],
    ['verify-ca', 'verify-full'],
    ['verify-full', 'verify-full'],
    ['disable', 'disable'],
  ])('sslmode=%s means %s', (given, meant) => {
    expect(connectionString(`postgresql://h/d?sslmode=${given}`)).toBe(`postgresql://h/d?sslmode=${meant}`);
  });

  test('without TLS is refused where the URL asks for it', async () => {
    if (database.settings.database.engine !== 'postgres') throw new Error('wrong engine');
    const url = new Secret(`${database.settings.database.url.reveal()}?sslmode=require`);
    const opening = openStore({ dataDir: '', database: { engine: 'postgres', url } });
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_STORE_AWAY',
      message: expect.stringContaining('SSL'),
    });
  });
});

describe('a role that may make no extension', () => {
  test('works in its own schema, scans for names, and is told so once', async () => {
    const database = await createDatabase('postgres');
    if (database.settings.database.engine !== 'postgres') throw new Error('wrong engine');
    const url = new URL(database.settings.database.url.reveal());
    const role = `limited_${url.pathname.slice(-8)}`;
    const admin = new pg.Client({ connectionString: url.href });
    await admin.connect();
    await admin.query(
      `create role "${role}" login password 'limited'; create schema authorization "${role}"`,
    );
    url.username = role;
    url.password = 'limited';
    const store = await openStore({
      dataDir: '',
      database: { engine: 'postgres', url: new Secret(url.href) },
    });
    try {
      await migrate(store, systemClock);
      await migrate(store, systemClock);
      expect(store.notices).toEqual([
        expect.stringMatching(/no pg_trgm here: run 'create extension pg_trgm'/),
      ]);
      await insertAccount(store.db, 'alice', { search_text: 'alice liddell' });
      const condition = await searchCondition(store.db, 'ddel');
      const found = await store.db.selectFrom('sallyport_accounts').select('id').where(condition).execute();
      expect(found).toEqual([{ id: 'alice' }]);
    } finally {
      await store.close();
      await admin.query(`drop owned by "${role}"; drop role "${role}"`);
      await admin.end();
      await database.drop();
    }
  });
});

test('the tests have a PostgreSQL', () => {
  expect(inject('postgresUrl')).toMatch(/^postgres/);
});
