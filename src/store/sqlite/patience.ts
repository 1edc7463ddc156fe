import { setTimeout as pause } from 'node:timers/promises';
import type { SqliteConnection } from './sqlite-connection.js';
import { code, extendedCode, isBrokenHandle, primaryCode, translateSqlite } from './sqlite-errors.js';

const longestPause = 25;

/**
 * Tries again while another process holds the file, pausing without blocking the event loop (SQLite's own busy_timeout
 * would freeze it). After BUSY_SNAPSHOT a connection reads stale and cannot write: it is discarded first.
 */
export async function patiently<T>(
  connection: SqliteConnection,
  patience: number,
  attempt: () => T,
): Promise<T> {
  try {
    return await whileBusy(patience, attempt, (error) => {
      if (extendedCode(error) === code.busySnapshot) connection.discard();
    });
  } catch (error) {
    if (isBrokenHandle(error) && !connection.inTransaction) connection.discard();
    throw translateSqlite(error);
  }
}

/** The same for what has no connection yet: a file is busy for a moment while another process makes it. */
export async function whileBusy<T>(
  patience: number,
  attempt: () => T,
  onBusy: (error: unknown) => void = () => {},
): Promise<T> {
  let waited = 0;
  for (let delay = 1; ; delay = Math.min(delay * 2, longestPause)) {
    try {
      return attempt();
    } catch (error) {
      onBusy(error);
      if (primaryCode(error) !== code.busy || waited >= patience) throw error;
    }
    await pause(delay);
    waited += delay;
  }
}
