import { copyFileSync, existsSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.js';
import { openStore } from '../../../src/store/connection.js';
import { migrate } from '../../../src/store/migrate.js';
import { createDatabase } from '../../support/stores.js';

test('a copy of the one file, made after a stop, is whole', async () => {
  const database = await createDatabase('sqlite');
  const { database: where, dataDir } = database.settings;
  if (where.engine !== 'sqlite') throw new Error('an SQLite database was asked for');
  const store = await openStore(database.settings);
  await migrate(store, systemClock);
  const row = { key: 'kept', hits: 1, expires_at: 0 };
  await store.db.insertInto('sallyport_counters').values(row).execute();
  // A reader that was used holds its prepared statements until they are collected.
  await store.db.selectFrom('sallyport_counters').select('key').execute();
  await store.close();
  const log = `${where.file}-wal`;
  expect(existsSync(log) ? statSync(log).size : 0).toBe(0);
  const file = `${where.file}.copy.db`;
  copyFileSync(where.file, file);
  const copy = await openStore({ dataDir, database: { engine: 'sqlite', file } });
  expect(await copy.db.selectFrom('sallyport_counters').select('key').execute()).toEqual([{ key: 'kept' }]);
  await copy.close();
  await database.drop();
});
