import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isSoundSqlite, loadSqlite } from '../../../src/store/sqlite/library.js';
import { patiently, whileBusy } from '../../../src/store/sqlite/patience.js';
import { SqliteConnection } from '../../../src/store/sqlite/sqlite-connection.js';
import { WriteQueue } from '../../../src/store/sqlite/write-queue.js';

describe('patience', () => {
  let folder: string;
  let one: SqliteConnection;
  let two: SqliteConnection;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-patience-'));
    const { DatabaseSync } = await loadSqlite();
    const open = () => new DatabaseSync(join(folder, 'x.db'), { timeout: 0 });
    one = new SqliteConnection(open);
    two = new SqliteConnection(open);
    one.exec('pragma journal_mode = wal; create table t (n integer)');
  });
  afterEach(() => {
    one.close();
    two.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const count = (connection: SqliteConnection) => connection.execute('select count(*) as n from t', []).rows;

  test('a connection whose snapshot went stale is opened anew, and then reads fresh and writes', async () => {
    one.exec('begin');
    expect(count(one)).toEqual([{ n: 0 }]);
    two.exec('insert into t values (1)');
    expect(count(one)).toEqual([{ n: 0 }]);
    await patiently(one, 1_000, () => one.exec('insert into t values (2)'));
    expect(count(one)).toEqual([{ n: 2 }]);
    expect(count(two)).toEqual([{ n: 2 }]);
  });

  test('waits without blocking: what frees the file can run in this very process', async () => {
    two.exec('begin immediate');
    const write = patiently(one, 5_000, () => one.exec('insert into t values (1)'));
    setImmediate(() => two.exec('commit'));
    await write;
    expect(count(two)).toEqual([{ n: 1 }]);
  });

  test('waits as well for a file that another process makes at this moment', async () => {
    one.exec('pragma journal_mode = delete');
    one.exec('begin exclusive');
    const { DatabaseSync } = await loadSqlite();
    const look = () => {
      const database = new DatabaseSync(join(folder, 'x.db'), { timeout: 0 });
      try {
        database.exec('pragma synchronous = full; select count(*) from t');
        return 'open';
      } finally {
        database.close();
      }
    };
    expect(look).toThrow(/locked/);
    const opening = whileBusy(5_000, look);
    setImmediate(() => one.exec('commit'));
    expect(await opening).toBe('open');
    one.exec('begin exclusive');
    await expect(whileBusy(10, look)).rejects.toThrow(/locked/);
    one.exec('commit');
  });

  test('an end of it is a 503; any other error comes through at once', async () => {
    two.exec('begin immediate');
    const write = patiently(one, 10, () => one.exec('insert into t values (1)'));
    await expect(write).rejects.toMatchObject({ code: 'service_unavailable', retryAfter: 5 });
    await expect(patiently(one, 5_000, () => one.exec('selec'))).rejects.toThrow('syntax error');
  });

  test('a file that vanishes is not silently replaced by an empty one', async () => {
    one.discard();
    two.close();
    rmSync(join(folder, 'x.db'));
    const { DatabaseSync } = await loadSqlite();
    const strict = () => new DatabaseSync(`file:${join(folder, 'x.db')}?mode=rw`);
    expect(strict).toThrow();
  });

  test('prepared statements are bounded, and outlive their eviction', () => {
    for (let n = 0; n < 600; n++) expect(one.execute(`select ${n} as n`, []).rows).toEqual([{ n }]);
    expect(one.execute('select 0 as n', []).rows).toEqual([{ n: 0 }]);
  });
});

describe('the write queue', () => {
  test('serves in the order of coming, one at a time, newcomers last', async () => {
    const queue = new WriteQueue(5_000);
    const order: number[] = [];
    let inside = 0;
    const visit = (n: number) =>
      queue.run(async () => {
        inside += 1;
        expect(inside).toBe(1);
        order.push(n);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      });
    const first = Array.from({ length: 10 }, (_, n) => visit(n));
    await first[0];
    await Promise.all([...first, visit(10), visit(11)]);
    expect(order).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  test('a failing visitor does not stop the others', async () => {
    const queue = new WriteQueue(5_000);
    const failing = queue.run(() => Promise.reject(new Error('mine')));
    const next = queue.run(async () => 'served');
    await expect(failing).rejects.toThrow('mine');
    expect(await next).toBe('served');
  });

  test('whoever waits too long is refused with 503 and is never served later', async () => {
    const queue = new WriteQueue(10);
    let leave = () => {};
    const long = queue.run(
      () =>
        new Promise<void>((resolve) => {
          leave = resolve;
        }),
    );
    let served = false;
    const waiting = queue.run(async () => {
      served = true;
    });
    await expect(waiting).rejects.toMatchObject({ code: 'service_unavailable' });
    leave();
    await long;
    expect(await queue.run(async () => 'free')).toBe('free');
    expect(served).toBe(false);
  });
});

describe('the SQLite library', () => {
  test.each([
    ['3.51.3', true],
    ['3.51.10', true],
    ['3.53.0', true],
    ['4.0.0', true],
    ['3.51.2', false],
    ['3.49.1', false],
    ['2.99.99', false],
    [undefined, false],
  ])('version %s is sound: %s', (version, sound) => {
    expect(isSoundSqlite(version)).toBe(sound);
  });

  test('runs a sound version, with full-text trigrams', async () => {
    const { DatabaseSync } = await loadSqlite();
    const database = new DatabaseSync(':memory:');
    const row = database.prepare('select sqlite_version() as version').get() as { version: string };
    expect(isSoundSqlite(row.version)).toBe(true);
    database.exec("create virtual table t using fts5 (x, tokenize = 'trigram')");
    database.close();
  });
});
