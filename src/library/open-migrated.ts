import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../base/clock.js';
import type { Settings } from '../settings/settings.js';
import { openStore, type Store } from '../store/connection.js';
import { migrate } from '../store/migrate.js';

const perProcess =
  'The general request limit counts in this process alone: with n servers on one database it allows n times as much. The ' +
  'limits on sign-in, refresh and registration, and the throttle, count in the database.';

interface OpenDeps {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Pick<FastifyBaseLogger, 'warn' | 'info'>;
  readonly onProgress?: (step: string) => void;
}

/** The store, at its newest version, for this process alone where it is a file. What fails closes it. */
export async function openMigrated({
  settings,
  clock,
  log,
  onProgress = () => {},
}: OpenDeps): Promise<Store> {
  const store = await openStore(settings, { exclusive: true });
  try {
    for (const notice of store.notices) log.warn(notice);
    if (store.engine === 'postgres' && !settings.debug) log.info(perProcess);
    for (const name of await migrate(store, clock)) onProgress(`migrated: ${name}`);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
