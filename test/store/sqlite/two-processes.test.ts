import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.js';
import { openStore, type Store } from '../../../src/store/connection.js';
import { migrate } from '../../../src/store/migrate.js';
import { migrations } from '../../../src/store/migrations/list.js';
import { createDatabase, type TestDatabase } from '../../support/stores.js';
import { addOne, raw } from '../accounts.js';
import { buildStore, OtherProcess } from '../process.js';

let built: ReturnType<typeof buildStore>;
let database: TestDatabase;
const others: OtherProcess[] = [];
const stores: Store[] = [];

beforeAll(() => {
  built = buildStore();
});
afterAll(() => built.remove());
beforeEach(async () => {
  database = await createDatabase('sqlite');
});
afterEach(async () => {
  await Promise.all(others.splice(0).map((other) => other.kill()));
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await database.drop();
});

async function here(options = {}): Promise<Store> {
  const store = await openStore(database.settings, options);
  stores.push(store);
  await migrate(store, systemClock);
  return store;
}

async function there(options = {}): Promise<OtherProcess> {
  const other = new OtherProcess(built.folder, database, options);
  others.push(other);
  expect(await other.next()).toBe('open');
  return other;
}

const insert = (store: Store, key: string) =>
  store.db.insertInto('sallyport_counters').values({ key, hits: 0, expires_at: 0 }).execute();

async function keys(store: Store): Promise<string[]> {
  const rows = await store.db.selectFrom('sallyport_counters').select('key').orderBy('key').execute();
  return rows.map(({ key }) => key);
}

describe('two processes on one SQLite file', () => {
  test('what one commits the other sees at once, both ways, a hundred times', async () => {
    const store = await here();
    const other = await there();
    for (let n = 0; n < 100; n++) {
      await other.ask('insert', `there${n}`);
      expect(await keys(store)).toContain(`there${n}`);
      await insert(store, `here${n}`);
      if (n % 10 === 0) expect(await other.ask('keys')).toContain(`here${n}`);
    }
  });

  test('a busy writer is waited for without holding up the event loop or any reader', async () => {
    const store = await here();
    const other = await there();
    await other.ask('hold', 'theirs');
    let done = false;
    const write = insert(store, 'ours').then(() => {
      done = true;
    });
    const transaction = store.transaction((tx) =>
      tx.insertInto('sallyport_counters').values({ key: 'tx', hits: 0, expires_at: 0 }).execute(),
    );
    for (let n = 0; n < 20; n++) expect(await keys(store)).toEqual([]);
    expect(done).toBe(false);
    expect(await other.ask('release')).toBe('released');
    await Promise.all([write, transaction]);
    expect(await keys(store)).toEqual(['ours', 'theirs', 'tx']);
  });

  test('a writer that stays busy is a 503, and everything goes on afterwards', async () => {
    const store = await here({ patience: 50 });
    const other = await there();
    await other.ask('hold', 'theirs');
    const unavailable = { code: 'service_unavailable', retryAfter: 5 };
    await expect(insert(store, 'ours')).rejects.toMatchObject(unavailable);
    await expect(store.transaction(async () => 1)).rejects.toMatchObject(unavailable);
    await other.ask('release');
    await insert(store, 'later');
    expect(await keys(store)).toEqual(['later', 'theirs']);
  });

  test('read, then write in a transaction: no addition of either process is lost', async () => {
    const store = await here();
    await insert(store, 'sum');
    const other = await there();
    const theirs = other.ask('add', 60);
    await Promise.all(Array.from({ length: 60 }, () => store.transaction((tx) => addOne(tx, 'sum'))));
    expect(await theirs).toBe('added');
    const row = await store.db.selectFrom('sallyport_counters').select('hits').executeTakeFirst();
    expect(row?.hits).toBe(120);
  });

  test('migrating at the same time, one of them does it', async () => {
    const [one, two] = await Promise.all([there(), there()]);
    const done = (await Promise.all([one.ask('migrate'), two.ask('migrate')])) as string[][];
    // Each migration by one of them, whichever came first to it.
    expect(done.flat().sort()).toEqual(migrations.map(({ name }) => name));
  });
});

describe('every connection', () => {
  const values = async (store: Store, text: string) =>
    (await raw<object>(store.db, text)).rows.flatMap(Object.values);

  test('syncs fully, holds foreign keys, and never waits inside SQLite', async () => {
    const store = await here();
    for (const [pragma, value] of [
      ['synchronous', 2],
      ['foreign_keys', 1],
      ['busy_timeout', 0],
      ['trusted_schema', 0],
    ]) {
      expect(await values(store, `pragma ${pragma}`)).toEqual([value]);
      expect(await values(store, `select * from pragma_${pragma}`)).toEqual([value]);
    }
    expect(await values(store, 'pragma journal_mode')).toEqual(['wal']);
    expect(await values(store, 'select * from pragma_query_only')).toEqual([1]);
    expect(await values(store, 'pragma query_only')).toEqual([0]);
  });
});

describe('kill -9 in the middle of writing', () => {
  test.each([1, 2, 3])('loses no acknowledged row and needs no repair (%i)', async () => {
    const store = await here();
    const other = await there({ exclusive: true });
    other.tell('stream');
    let acknowledged = -1;
    while (acknowledged < 40) acknowledged = (await other.next()) as number;
    await other.kill();
    for (let next = await other.next(); typeof next === 'number'; next = await other.next())
      acknowledged = next;

    const found = new Set(await keys(store));
    for (let n = 0; n <= acknowledged; n++) expect(found.has(`a${n}`)).toBe(true);
    for (const key of found) expect(found.has(key.replace(/^./, key.startsWith('a') ? 'b' : 'a'))).toBe(true);
    await store.close();
    const again = await here({ exclusive: true });
    expect((await raw(again.db, 'pragma integrity_check')).rows).toEqual([{ integrity_check: 'ok' }]);
    expect(new Set(await keys(again))).toEqual(found);
  });
});

describe('a second server on the same file', () => {
  test('is refused with one line that says what to do; the command line is not', async () => {
    await here({ exclusive: true });
    const second = new OtherProcess(built.folder, database, { exclusive: true });
    others.push(second);
    expect(await second.next()).toEqual({
      name: 'ConfigurationError',
      code: 'ERR_STORE_LOCKED',
      message: expect.stringMatching(
        /^Another server is already running on .*sallyport\.db: stop it first, or /,
      ),
    });
    const command = await there();
    expect(await command.ask('insert', 'by-command')).toBe('by-command');
  });

  test('starts once the first has closed or died', async () => {
    const first = await there({ exclusive: true });
    await first.kill();
    const second = await here({ exclusive: true });
    await expect(openStore(database.settings, { exclusive: true })).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
    });
    await second.close();
    await here({ exclusive: true });
  });
});
