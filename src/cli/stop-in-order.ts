import type { Logger } from 'pino';
import { exitCode } from './output.js';

/** Milliseconds after which a stop that hangs (a database that does not answer) is given up. */
const patience = 9_500;
/** Milliseconds for the last log lines, whose reader may be gone. */
const lastLines = 250;

interface Tell {
  readonly log: Logger;
  readonly say: (text: string) => void;
}

/** The first signal stops in order, a second one at once. A fault that nobody foresaw is told, and ends the process. */
export function stopInOrder(app: { close(): Promise<void> }, { log, say }: Tell): void {
  let stopping = false;
  const end = (code: number): void => {
    setTimeout(() => process.exit(code), lastLines);
    log.flush(() => process.exit(code));
  };
  const stop = (code: number): void => {
    if (stopping) process.exit(exitCode.failed);
    stopping = true;
    setTimeout(() => {
      log.error('the stop took too long and is given up');
      end(exitCode.failed);
    }, patience);
    app.close().then(
      () => end(code),
      (error: unknown) => {
        log.error({ err: error }, 'the stop failed');
        end(exitCode.failed);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (!stopping) say(`sallyport: ${signal}, stopping in order (once more: at once)`);
      stop(exitCode.done);
    });
  for (const fault of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(fault, (error: unknown) => {
      log.fatal({ err: error }, fault);
      stop(exitCode.failed);
    });
}
