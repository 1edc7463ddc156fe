import { Command } from 'commander';
import { lockAdmins } from '../accounts/accounts-queries.js';
import { systemClock } from '../base/clock.js';
import { type RunningServer, startServer } from '../server.js';
import { loadSettings } from '../settings/load-settings.js';
import { banner } from './banner.js';
import { createServerLog } from './server-log.js';
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
  const server = await startServer({
    settings: loaded.settings,
    clock: systemClock,
    log,
    onProgress: (step) => say(`sallyport: ${step}`),
  });
  stopInOrder(server, { log, say });
  say(banner(loaded, server.url, await hasAdmin(server)));
}

/** Only a hint hangs on it: a store that went away meanwhile is told by /readyz, and ends nothing here. */
const hasAdmin = ({ store }: RunningServer): Promise<boolean> =>
  store.transaction(lockAdmins).then(
    (admins) => admins.length > 0,
    () => true,
  );
