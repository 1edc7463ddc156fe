import { Command } from 'commander';
import { type Logger, pino } from 'pino';
import { lockAdmins } from '../accounts/accounts-queries.js';
import { systemClock } from '../base/clock.js';
import { type RunningServer, startServer } from '../server.js';
import { type LoadedSettings, loadSettings } from '../settings/load-settings.js';
import { banner } from './banner.js';
import { exitCode } from './output.js';

/** Words for people go to stderr, so that stdout is JSON lines and nothing else. */
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

export const serveCommand = (): Command =>
  new Command('serve').description('migrate, listen and serve (what npm start does)').action(serve);

async function serve(): Promise<void> {
  const loaded = await loadSettings();
  const log = createLog(loaded);
  for (const warning of loaded.warnings) log.warn(warning);
  const server = await startServer({
    settings: loaded.settings,
    clock: systemClock,
    log,
    onProgress: (step) => say(`sallyport: ${step}`),
  });
  const admins = await server.store.transaction(lockAdmins);
  say(banner(loaded, server.url, admins.length > 0));
  stopOnSignal(server, log);
}

const createLog = ({ settings }: LoadedSettings): Logger =>
  pino(
    { level: settings.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 1, sync: false }),
  );

/** The first signal stops in order, a second one at once. A fault that nobody foresaw is told, and ends the process. */
function stopOnSignal(server: RunningServer, log: Logger): void {
  let stopping = false;
  const stop = (code: number): void => {
    if (stopping) process.exit(exitCode.failed);
    stopping = true;
    server.stop().then(
      () => log.flush(() => process.exit(code)),
      (error: unknown) => {
        log.error({ err: error }, 'the stop failed');
        log.flush(() => process.exit(exitCode.failed));
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      say(`sallyport: ${signal}, stopping in order`);
      stop(exitCode.done);
    });
  for (const fault of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(fault, (error: unknown) => {
      log.fatal({ err: error }, fault);
      stop(exitCode.failed);
    });
}
