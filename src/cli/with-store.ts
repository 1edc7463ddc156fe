import { type Clock, systemClock } from '../base/clock.js';
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

/** Opens the database of the settings beside a server that may be running, and closes it whatever happens. */
export async function withStore<T>(work: (deps: CommandDeps) => Promise<T>): Promise<T> {
  const { settings } = await loadSettings();
  const clock = systemClock;
  const store = await openStore(settings);
  try {
    const migrated = await migrate(store, clock);
    return await work({ settings, store, clock, migrated });
  } finally {
    await store.close();
  }
}
