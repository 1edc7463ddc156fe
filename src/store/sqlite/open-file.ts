import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError } from '../../base/errors.js';
import { createDatabaseFile, prepareFolder } from './data-folder.js';
import { loadSqlite, type SqliteDatabase } from './library.js';
import { patiently, whileBusy } from './patience.js';
import { claimFile } from './server-lock.js';
import { SqliteConnection } from './sqlite-connection.js';
import { code, primaryCode } from './sqlite-errors.js';

export interface SqliteFileOptions {
  readonly file: string;
  readonly dataDir: string;
  readonly exclusive: boolean;
  /** Milliseconds. */
  readonly patience: number;
}

export interface OpenedFile {
  readonly reader: SqliteConnection;
  /** The same as the reader for a database in memory. */
  readonly writer: SqliteConnection;
  readonly notices: string[];
  close(): void;
}

/** busy_timeout stays 0, for it would freeze the event loop. A schema that somebody else wrote is not trusted. */
const always = `pragma busy_timeout = 0; pragma synchronous = full; pragma foreign_keys = on; pragma trusted_schema = off;
  pragma cache_size = -8000; pragma journal_size_limit = 67108864;`;

function configured(database: SqliteDatabase, more = ''): SqliteDatabase {
  try {
    database.exec(always + more);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const words: ReadonlyMap<number | undefined, string> = new Map([
  [code.notADatabase, 'is not an SQLite database: move it away, or let DATABASE_URL name another file'],
  [code.corrupt, 'is damaged: restore it from a backup, or move it away to begin anew'],
  [code.full, 'cannot be written because the disk is full: free some space, then start again'],
  [code.busy, 'is locked by another program: end what else uses it, then start again'],
  [code.ioError, 'cannot be read or written because the disk fails: look at the disk, then start again'],
  [
    code.readOnly,
    'cannot be written: make it and its folder writable for this user, or let DATABASE_URL name another',
  ],
  [
    code.cannotOpen,
    'cannot be opened: make it and its folder writable for this user, or let DATABASE_URL name another',
  ],
]);

/** One line for the operator instead of SQLite's three words. */
function refusedFile(file: string, error: unknown): unknown {
  const said = words.get(primaryCode(error) ?? primaryCode((error as Error).cause));
  if (said === undefined) return error;
  return new ConfigurationError('ERR_STORE_FILE', `The database ${file} ${said}`);
}

const first = (connection: SqliteConnection, sql: string): unknown => {
  const [row] = connection.execute(sql, []).rows;
  return Object.values(row as Record<string, unknown>)[0];
};

/** Write-ahead log: readers and the writer, of several processes, do not block each other. Kept in the file itself. */
async function setWriteAheadLog(writer: SqliteConnection, file: string, patience: number): Promise<string[]> {
  const attempt = <T>(run: () => T) => patiently(writer, patience, run);
  const before = await attempt(() => first(writer, 'pragma journal_mode'));
  if (before === 'wal') return [];
  const isNew = (await attempt(() => first(writer, 'pragma page_count'))) === 0;
  const after = await attempt(() => first(writer, 'pragma journal_mode = wal'));
  if (after !== 'wal') {
    throw new ConfigurationError(
      'ERR_STORE_FILE',
      `The folder of ${file} allows no write-ahead log (a network share?): let DATABASE_URL name a file on a local disk`,
    );
  }
  return isNew ? [] : [`Changed the journal mode of ${file} from ${before} to wal`];
}

/** So that a copy of the one file, made while nothing runs, is whole. A reader elsewhere may stand in the way: then later. */
function foldLog(writer: SqliteConnection): void {
  try {
    writer.exec('pragma wal_checkpoint(truncate)');
  } catch {
    // Nothing is lost: what is in the log is read from there.
  }
}

/** Opens R and W on the file, as the one server where `exclusive` says so. */
export async function openSqliteFile({
  file,
  dataDir,
  exclusive,
  patience,
}: SqliteFileOptions): Promise<OpenedFile> {
  const { DatabaseSync } = await loadSqlite();
  if (file === ':memory:') {
    const only = new SqliteConnection(() => configured(new DatabaseSync(file)));
    return { reader: only, writer: only, notices: [], close: () => only.close() };
  }
  const path = resolve(file);
  const notices = prepareFolder(dirname(path), resolve(dataDir));
  notices.push(...createDatabaseFile(path));
  // mode=rw: a file that vanished while the server runs is not silently replaced by an empty one.
  const location = `${pathToFileURL(path).href}?mode=rw`;
  const release = exclusive ? claimFile(DatabaseSync, `${path}.lock.db`) : () => {};
  try {
    const connect = (more?: string) =>
      whileBusy(
        patience,
        () => new SqliteConnection(() => configured(new DatabaseSync(location, { timeout: 0 }), more)),
      );
    const writer = await connect();
    notices.push(...(await setWriteAheadLog(writer, path, patience)));
    const reader = await connect('pragma query_only = on;');
    const close = () => {
      reader.close();
      foldLog(writer);
      writer.close();
      release();
    };
    return { reader, writer, notices, close };
  } catch (error) {
    release();
    throw refusedFile(path, error);
  }
}
