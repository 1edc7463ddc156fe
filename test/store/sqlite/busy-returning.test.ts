import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.js';
import { openStore, type Query, type Store } from '../../../src/store/connection.js';
import { migrate } from '../../../src/store/migrate.js';
import { createDatabase, type TestDatabase } from '../../support/stores.js';

let database: TestDatabase;
const stores: Store[] = [];

beforeEach(async () => {
  database = await createDatabase('sqlite');
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await database.drop();
});

async function open(patience?: number): Promise<Store> {
  const store = await openStore(database.settings, patience === undefined ? {} : { patience });
  stores.push(store);
  await migrate(store, systemClock);
  return store;
}

const count = (db: Query, key: string) =>
  db
    .insertInto('sallyport_counters')
    .values({ key, hits: 1, expires_at: 0 })
    .returning('hits')
    .executeTakeFirst();

/** Holds the file in a transaction of another connection until the returned function is called. */
async function hold(store: Store): Promise<() => Promise<void>> {
  let release = (): void => {};
  let locked = (): void => {};
  const isLocked = new Promise<void>((resolve) => {
    locked = resolve;
  });
  const done = store.transaction(async (tx) => {
    await count(tx, 'held');
    locked();
    await new Promise<void>((resolve) => {
      release = resolve;
    });
  });
  await isLocked;
  return () => {
    release();
    return done;
  };
}

// The driver throws without a code from the one call that reads what a write returns.
test('a write that returns rows waits for a busy file like any other', async () => {
  const [one, other] = [await open(), await open()];
  const release = await hold(one);
  const written = count(other.db, 'waited');
  await setImmediate();
  await release();
  expect(await written).toEqual({ hits: 1 });
});

test('and is told "service unavailable" when the patience ends', async () => {
  const [one, other] = [await open(), await open(50)];
  const release = await hold(one);
  await expect(count(other.db, 'refused')).rejects.toMatchObject({ code: 'service_unavailable' });
  await release();
});
