import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.js';
import { openStore, type Store } from '../../../src/store/connection.js';
import { migrate } from '../../../src/store/migrate.js';
import { loadSqlite } from '../../../src/store/sqlite/library.js';
import { raw } from '../accounts.js';
import { buildStore, OtherProcess } from '../process.js';

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

let folder: string;
let stores: Store[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-folder-'));
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  stores = [];
  rmSync(folder, { recursive: true, force: true });
});

const settings = (dataDir: string, file = join(dataDir, 'sallyport.db')) =>
  ({ dataDir, database: { engine: 'sqlite', file } }) as const;

async function open(dataDir: string, file?: string): Promise<Store> {
  const store = await openStore(settings(dataDir, file), { exclusive: true });
  stores.push(store);
  return store;
}

const mode = (path: string): number => statSync(path).mode & 0o777;

async function refusal(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'ConfigurationError' });
  const { message } = error as Error;
  expect(message.split('\n')).toHaveLength(1);
  return message;
}

describe('the data folder', () => {
  test("is this user's alone and hidden from git, and so is every file in it", async () => {
    const dataDir = join(folder, 'deep', '.sallyport');
    const store = await open(dataDir);
    await migrate(store, systemClock);
    expect(mode(dataDir)).toBe(0o700);
    expect(readFileSync(join(dataDir, '.gitignore'), 'utf8')).toBe('*\n');
    const files = readdirSync(dataDir).filter((name) => name.startsWith('sallyport.db'));
    expect(files).toEqual(
      expect.arrayContaining([
        'sallyport.db',
        'sallyport.db-shm',
        'sallyport.db-wal',
        'sallyport.db.lock.db',
      ]),
    );
    for (const name of files) expect(mode(join(dataDir, name))).toBe(0o600);
    expect(store.notices).toEqual([]);
  });

  test('that holds a project is not hidden from git; one open to others is told of', async () => {
    writeFileSync(join(folder, 'package.json'), '{}');
    chmodSync(folder, 0o755);
    const store = await open(folder);
    expect(existsSync(join(folder, '.gitignore'))).toBe(false);
    expect(store.notices).toEqual([
      `Other users of this machine can look into ${folder}: chmod 700 ${folder}`,
    ]);
    expect(mode(folder)).toBe(0o755);
  });

  test('a file elsewhere leaves its folder as it is', async () => {
    const shared = join(folder, 'shared');
    mkdirSync(shared, { mode: 0o755 });
    await open(join(folder, 'data'), join(shared, 'app.db'));
    expect(readdirSync(shared)).not.toContain('.gitignore');
    expect(mode(join(shared, 'app.db'))).toBe(0o600);
  });

  test.each([
    ['the group', 0o640],
    ['everybody', 0o644],
  ])('a file that %s can read is told of, wherever it lies', async (_, permissions) => {
    const shared = join(folder, 'shared');
    mkdirSync(shared, { mode: 0o755 });
    const file = join(shared, 'app.db');
    writeFileSync(file, '');
    chmodSync(file, permissions);
    const store = await open(join(folder, 'data'), file);
    expect(store.notices).toEqual([`Other users of this machine can read ${file}: chmod 600 ${file}`]);
    await store.close();
    chmodSync(file, 0o600);
    expect((await open(join(folder, 'data'), file)).notices).toEqual([]);
    // What was left while the database was open to others is closed as the database is by now.
    for (const name of [`${file}-wal`, `${file}-shm`]) expect(mode(name)).toBe(0o600);
  });

  test('the lock is out of the reach of others, in a shared folder and where an older server left it', async () => {
    const file = join(folder, 'app.db');
    const lock = `${file}.lock.db`;
    writeFileSync(lock, '');
    chmodSync(lock, 0o644);
    await (await open(join(folder, 'data'), file)).close();
    expect(mode(lock)).toBe(0o600);
    rmSync(lock);
    await open(join(folder, 'data'), file);
    expect(mode(lock)).toBe(0o600);
    // Opening it anew would drop the lock that this process holds.
    expect(await refusal(open(join(folder, 'data'), file))).toMatch(/^Another server is already running on/);
  });

  test('a lock that another user laid into a shared folder is named, not taken for a running server', async () => {
    const file = join(folder, 'app.db');
    const lock = `${file}.lock.db`;
    await (await open(join(folder, 'data'), file)).close();
    // Only root can give a file away.
    if (isRoot) chownSync(lock, nobody, nobody);
    if (isRoot)
      expect(await refusal(open(join(folder, 'data'), file))).toMatch(
        /lock\.db belongs to user 65534, who could hold this server up: remove it/,
      );
    else expect(statSync(lock).uid).toBe(process.getuid?.());
  });

  test('in memory touches no disk', async () => {
    const store = await open(join(folder, 'data'), ':memory:');
    await migrate(store, systemClock);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('one clear line for', () => {
  let built: ReturnType<typeof buildStore>;
  beforeAll(() => {
    built = buildStore();
  });
  afterAll(() => built.remove());

  /** As a user whom file modes bind: root is not. */
  async function openedAsNobody(dataDir: string): Promise<unknown> {
    chmodSync(folder, 0o755);
    const database = { settings: settings(dataDir), drop: async () => {} };
    return new OtherProcess(built.folder, database, {}, isRoot ? nobody : undefined).next();
  }

  test('a file that is not a database', async () => {
    writeFileSync(join(folder, 'sallyport.db'), 'these are my notes, not a database\n'.repeat(200));
    expect(await refusal(open(folder))).toMatch(/sallyport\.db is not an SQLite database: move it away/);
    expect(readFileSync(join(folder, 'sallyport.db'), 'utf8')).toContain('my notes');
  });

  test('a folder where the file should be, a file where the folder should be', async () => {
    mkdirSync(join(folder, 'sallyport.db'));
    expect(await refusal(open(folder))).toMatch(/is a folder: let DATABASE_URL name a file/);
    writeFileSync(join(folder, 'file'), '');
    expect(await refusal(open(join(folder, 'file')))).toMatch(/a file of that name is in the way/);
    expect(await refusal(open(join(folder, 'file', 'data')))).toMatch(/a part of the path is a file/);
  });

  test('a read-only folder', async () => {
    const dataDir = join(folder, 'data');
    mkdirSync(dataDir);
    if (isRoot) chownSync(dataDir, nobody, nobody);
    chmodSync(dataDir, 0o500);
    expect(await openedAsNobody(dataDir)).toMatchObject({
      code: 'ERR_STORE_FOLDER',
      message: expect.stringMatching(
        /cannot be written \(this user may not write there\): make it writable, or set/,
      ),
    });
  });

  test('a folder that cannot be made', async () => {
    chmodSync(folder, 0o555);
    const dataDir = join(folder, 'data');
    const database = { settings: settings(dataDir), drop: async () => {} };
    const other = new OtherProcess(built.folder, database, {}, isRoot ? nobody : undefined);
    expect(await other.next()).toMatchObject({
      message: expect.stringMatching(/^Cannot make the folder .* may not write/),
    });
  });

  test('a folder, or a file, that belongs to another user', async () => {
    const dataDir = join(folder, 'data');
    mkdirSync(dataDir, { mode: 0o700 });
    const line =
      / belongs to user \d+, but this is user \d+: run the same command as its owner \(sudo -u '#\d+' …\)/;
    // Only root can give a folder away; for everybody else the system's own folder for temporary files will do.
    if (isRoot) chownSync(dataDir, nobody, nobody);
    expect(await refusal(open(isRoot ? dataDir : '/tmp'))).toMatch(line);
    if (isRoot) chownSync(join(folder, 'data'), 0, 0);
    const file = isRoot ? join(dataDir, 'theirs.db') : '/etc/hosts';
    if (isRoot) writeFileSync(file, '');
    if (isRoot) chownSync(file, nobody, nobody);
    expect(await refusal(openStore(settings(dataDir, file)))).toMatch(isRoot ? line : /cannot be written/);
  });

  test('a file that another program holds', async () => {
    const { DatabaseSync } = await loadSqlite();
    const holder = new DatabaseSync(join(folder, 'sallyport.db'));
    holder.exec('create table theirs (id integer); begin exclusive');
    const opening = openStore(settings(folder), { patience: 30 });
    expect(await refusal(opening)).toMatch(
      /is locked by another program: end what else uses it, then start again/,
    );
    holder.close();
  });
});

describe('a file of somebody else', () => {
  test('is shared: its tables stay, and the change of its journal mode is told', async () => {
    const { DatabaseSync } = await loadSqlite();
    const theirs = new DatabaseSync(join(folder, 'sallyport.db'));
    theirs.exec(`create table users (name text); insert into users values ('ada')`);
    const store = await open(folder);
    await migrate(store, systemClock);
    expect(store.notices).toContain(
      `Changed the journal mode of ${join(folder, 'sallyport.db')} from delete to wal`,
    );
    expect(theirs.prepare('select name from users').all()).toEqual([{ name: 'ada' }]);
    theirs.close();
    const again = await store.close().then(() => open(folder));
    expect(again.notices.join()).not.toContain('journal');
  });
});

describe('a full disk', () => {
  test('is a 503 for the writes it stops, half of none is kept, and room mends it', async () => {
    const store = await open(join(folder, 'data'));
    await migrate(store, systemClock);
    const { rows } = await raw<{ page_count: number }>(store.db, 'pragma page_count');
    await raw(store.db, `pragma max_page_count = ${rows[0]?.page_count}`);
    const fill = (name: string) =>
      store.transaction(async (tx) => {
        for (let n = 0; n < 50; n++) {
          const key = `${name}${n}${'x'.repeat(2_000)}`;
          await tx.insertInto('sallyport_counters').values({ key, hits: 0, expires_at: 0 }).execute();
        }
      });
    const count = () =>
      raw(store.db, 'select count(*) as rows from sallyport_counters').then((result) => result.rows);
    await expect(fill('a')).rejects.toMatchObject({
      code: 'service_unavailable',
      reason: 'The disk is full',
    });
    expect(await count()).toEqual([{ rows: 0 }]);
    await raw(store.db, 'pragma max_page_count = 100000');
    await fill('b');
    expect(await count()).toEqual([{ rows: 50 }]);
  });
});
