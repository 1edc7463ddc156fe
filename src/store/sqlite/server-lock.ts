import { ConfigurationError } from '../../base/errors.js';
import { createLockFile } from './data-folder.js';
import type { SqliteDatabase } from './library.js';
import { code, primaryCode } from './sqlite-errors.js';

type Open = new (location: string, options: { timeout: number }) => SqliteDatabase;

/**
 * Holds an exclusive transaction on a lock file beside the database, which the operating system ends with the process
 * however that dies: no stale pid file, no repair. Gives the function that lets go.
 */
export function claimFile(Database: Open, lock: string): () => void {
  createLockFile(lock);
  let database: SqliteDatabase | undefined;
  try {
    database = new Database(lock, { timeout: 0 });
    database.exec('begin exclusive');
  } catch (error) {
    database?.close();
    if (primaryCode(error) === code.busy) {
      const file = lock.slice(0, -'.lock.db'.length);
      throw new ConfigurationError(
        'ERR_STORE_LOCKED',
        `Another server is already running on ${file}: stop it first, or give this one a DATA_DIR and DATABASE_URL of its own`,
      );
    }
    throw error;
  }
  const held = database;
  return () => held.close();
}
