import { type Logger, pino } from 'pino';

/** Bytes that may wait for a reader that is stuck; what comes on top is dropped, not kept in memory for ever. */
const maxLength = 16 * 1024 * 1024;

/**
 * Lines are written 4 KB at a time and at the latest after 100 ms: a write of its own for each costs a busy server a
 * tenth of its processor. What ends the process in order, or by a fault, writes the rest first.
 */
const together = { minLength: 4096, periodicFlush: 100 };

/** JSON lines on stdout. A reader that goes away, or a full disk behind it, costs lines and never the server. */
export function createServerLog(level: string): Logger {
  const destination = pino.destination({ fd: 1, sync: false, maxLength, ...together });
  let told = false;
  destination.on('error', (error: NodeJS.ErrnoException) => {
    if (told) return;
    told = true;
    process.stderr.write(`sallyport: log lines are being lost (${error.code ?? error.message})\n`);
  });
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
