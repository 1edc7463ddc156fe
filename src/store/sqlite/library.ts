import { ConfigurationError } from '../../base/errors.js';

/** The part of `node:sqlite` that is used here; @photostructure/sqlite offers the same. */
export interface SqliteDatabase {
  readonly isTransaction: boolean;
  prepare(sql: string): SqliteStatement;
  exec(sql: string): void;
  close(): void;
}

export interface SqliteStatement {
  all(...parameters: unknown[]): unknown[];
  get(...parameters: unknown[]): unknown;
  run(...parameters: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  columns(): { name: string }[];
  /** Rows as lists of values. Absent before Node 22.16. */
  setReturnArrays?(enabled: boolean): void;
}

interface SqliteLibrary {
  DatabaseSync: new (location: string, options?: { timeout?: number }) => SqliteDatabase;
}

/** Before it, two processes writing to one WAL file could lose a committed transaction (the WAL-reset defect). */
const oldestSound = [3, 51, 3];

/** Whether a version such as `3.53.0` is one whose write-ahead log is sound. */
export function isSoundSqlite(version: string | undefined): boolean {
  const parts = (version ?? '0').split('.').map(Number);
  for (const [index, least] of oldestSound.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

/** Node 22 announces once that its SQLite is experimental; that one warning says nothing to an operator. */
function builtIn(): SqliteLibrary {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (rest[0] === 'ExperimentalWarning' && String(warning).includes('SQLite')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return process.getBuiltinModule('node:sqlite' as 'node:fs') as unknown as SqliteLibrary;
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Node's own SQLite where it is sound, else the packaged one. */
export async function loadSqlite(): Promise<SqliteLibrary> {
  if (isSoundSqlite(process.versions['sqlite'])) return builtIn();
  try {
    return (await import('@photostructure/sqlite')) as unknown as SqliteLibrary;
  } catch (error) {
    throw new ConfigurationError(
      'ERR_STORE_SQLITE_MISSING',
      `Node ${process.versions.node} brings no SQLite of version ${oldestSound.join('.')} or later, and the package @photostructure/sqlite is not usable here (${error instanceof Error ? error.message.split('\n')[0] : 'not found'}): run \`npm install --include=optional\`, use a newer Node 22 or 24, or set DATABASE_URL to a PostgreSQL server`,
    );
  }
}
