import { Refusal } from '../base/errors.js';

/** Seconds after which a client may ask again when the store is away. */
const retryAfter = 5;

/** 503: the store is away, locked or full. `reason` and `cause` are for the log alone. */
export const storeUnavailable = (reason: string, cause?: unknown): Refusal =>
  new Refusal('service_unavailable', { retryAfter, reason, ...(cause === undefined ? {} : { cause }) });

/**
 * 400 for a text with NUL: PostgreSQL refuses it, SQLite would cut it or not, depending on its version. Every schema
 * refuses it before; this holds for what a schema forgets.
 */
export const nulRefused = (): Refusal =>
  new Refusal('bad_request', { reason: 'A text with NUL reached the store' });

const uniqueSqlite = /^UNIQUE constraint failed: \w+\.(\w+)/;

/**
 * Which unique column an insert or update ran into (`email_key`, `username`, `id`, …), or undefined for every other
 * error. Both engines name the column: SQLite in its message, PostgreSQL by our constraint names `table__column`.
 */
export function isUniqueViolation(error: unknown): 'email_key' | 'username' | (string & {}) | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, constraint } = error as Error & { code?: unknown; constraint?: unknown };
  if (code === '23505') return typeof constraint === 'string' ? constraint.split('__')[1] : undefined;
  if (code === 'ERR_SQLITE_ERROR') return uniqueSqlite.exec(error.message)?.[1];
  return undefined;
}
