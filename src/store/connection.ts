import type { Settings } from '../settings/settings.js';
import type { Store } from './store.js';

export type { Engine, Query } from './query.js';
export type { Store } from './store.js';

export interface StoreOptions {
  /** A server's claim on an SQLite file: a second one is refused. The command line does without. */
  readonly exclusive?: boolean;
  /** Milliseconds for which a busy store is tried again and a queue is waited in. 5,000 by default. */
  readonly patience?: number;
}

/**
 * Opens the database the settings name. Refuses with one ConfigurationError line that says what to do when the folder,
 * the file or the server cannot be used. Tables are `migrate`'s business.
 */
export async function openStore(
  settings: Pick<Settings, 'database' | 'dataDir'>,
  options: StoreOptions = {},
): Promise<Store> {
  const { database, dataDir } = settings;
  const { exclusive = false, patience = 5_000 } = options;
  // One engine's driver is loaded, not both: PostgreSQL's alone is some 10 MB.
  if (database.engine === 'sqlite') {
    const { openSqliteStore } = await import('./sqlite/sqlite-store.js');
    return openSqliteStore({ file: database.file, dataDir, exclusive, patience });
  }
  const { openPostgresStore } = await import('./postgres/postgres-store.js');
  return openPostgresStore({ url: database.url, patience });
}
