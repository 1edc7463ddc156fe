import { existsSync } from 'node:fs';
import { type Clock, systemClock } from '../base/clock.js';
import { command } from '../base/command.js';
import { ConfigurationError } from '../base/errors.js';
import { loadSettings } from '../settings/load-settings.js';
import type { Settings } from '../settings/settings.js';
import { openStore, type Store } from '../store/connection.js';
import { migrate } from '../store/migrate.js';

export interface CommandDeps {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  /** The migrations that were applied by this call. */
  readonly migrated: readonly string[];
}

interface StoreNeeds {
  /** Only `migrate` makes a database: a command typed in the wrong folder must not begin a second installation there. */
  readonly mayMake?: boolean;
}

/** Opens the database of the settings beside a server that may be running, and closes it whatever happens. */
export async function withStore<T>(
  work: (deps: CommandDeps) => Promise<T>,
  { mayMake = false }: StoreNeeds = {},
): Promise<T> {
  const { settings } = await loadSettings();
  if (!mayMake) assertThere(settings);
  const clock = systemClock;
  const store = await openStore(settings);
  try {
    const migrated = await migrate(store, clock);
    return await work({ settings, store, clock, migrated });
  } finally {
    await store.close();
  }
}

function assertThere({ database }: Settings): void {
  if (database.engine !== 'sqlite' || database.file === ':memory:' || existsSync(database.file)) return;
  throw new ConfigurationError(
    'ERR_NO_DATABASE',
    `there is no database at ${database.file}: call this in the folder of your installation, or set DATA_DIR or DATABASE_URL to where it lies. A new one is made by the server's first start, or by: ${command} migrate`,
  );
}
