import { Command } from 'commander';
import { builtInAccess } from '../accounts/access-table.js';
import { lockAdmins } from '../accounts/accounts-queries.js';
import { systemClock } from '../base/clock.js';
import { createServerLog } from '../http/server-log.js';
import { type OpenedApp, openApp } from '../library/open-app.js';
import { loadSettings } from '../settings/load-settings.js';
import { banner } from './banner.js';
import { stopInOrder } from './stop-in-order.js';

/** Words for people go to stderr, so that stdout is JSON lines and nothing else. */
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

export const serveCommand = (): Command =>
  new Command('serve').description('migrate, listen and serve (what npm start does)').action(serve);

async function serve(): Promise<void> {
  const loaded = await loadSettings();
  const log = createServerLog(loaded.settings.logLevel);
  for (const warning of loaded.warnings) log.warn(warning);
  const app = await openApp({
    settings: loaded.settings,
    clock: systemClock,
    log,
    access: builtInAccess,
    onProgress: (step) => say(`sallyport: ${step}`),
  });
  const url = await app.listen().catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  stopInOrder(app, { log, say });
  say(banner(loaded, url, await hasAdmin(app)));
}

/** Only a hint hangs on it: a store that went away meanwhile is told by /readyz, and ends nothing here. */
const hasAdmin = ({ house }: OpenedApp): Promise<boolean> =>
  house.store.transaction(lockAdmins).then(
    (admins) => admins.length > 0,
    () => true,
  );
