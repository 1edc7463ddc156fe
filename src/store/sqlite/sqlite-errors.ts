import { storeUnavailable } from '../store-errors.js';

/** SQLite's result codes (sqlite.org/rescode.html); extended ones carry the primary code in their low byte. */
export const code = {
  perm: 3,
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  auth: 23,
  notADatabase: 26,
  busySnapshot: 517,
} as const;

const primary = (extended: number): number => extended & 0xff;

/** SQLite's own words (sqlite3_errstr), by code. */
const words: ReadonlyMap<string, number> = new Map([
  ['database is locked', code.busy],
  ['attempt to write a readonly database', code.readOnly],
  ['disk I/O error', code.ioError],
  ['database disk image is malformed', code.corrupt],
  ['database or disk is full', code.full],
  ['unable to open database file', code.cannotOpen],
  ['file is not a database', code.notADatabase],
]);

/** The extended result code, or undefined when the error is not SQLite's. */
export function extendedCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errcode, code: name } = error as Error & { errcode?: unknown; code?: unknown };
  if (typeof errcode === 'number') return errcode;
  // @photostructure/sqlite 1.2.1 leaves the code out of what `all()` throws; `run` and `get` bring it.
  return name === 'ERR_SQLITE_ERROR' ? words.get(error.message) : undefined;
}

export function primaryCode(error: unknown): number | undefined {
  const extended = extendedCode(error);
  return extended === undefined ? undefined : primary(extended);
}

const away: ReadonlyMap<number, string> = new Map([
  [code.busy, 'The database is locked by another process'],
  [code.readOnly, 'The database cannot be written'],
  [code.ioError, 'The disk failed'],
  [code.full, 'The disk is full'],
  [code.cannotOpen, 'The database file cannot be opened'],
  [code.perm, 'The database file may not be read'],
  [code.corrupt, 'The database file is damaged'],
  [code.notADatabase, 'The database file is damaged'],
]);

/** Whether the file handle itself may be what is wrong, so that a new connection is the way back. */
export const isBrokenHandle = (error: unknown): boolean => {
  const found = primaryCode(error);
  return found !== undefined && found !== code.busy && found !== code.full && away.has(found);
};

/** 503 for what time or an operator mends; every other error (a constraint, a mistaken query) as it is. */
export function translateSqlite(error: unknown): unknown {
  const found = primaryCode(error);
  const reason = found === undefined ? undefined : away.get(found);
  return reason === undefined ? error : storeUnavailable(reason, error);
}
