import { InvalidInput, Refusal } from '../base/errors.js';

/** 0: done. 1: refused or failed. 2: the call itself was wrong. */
export const exitCode = { done: 0, failed: 1, usage: 2 } as const;

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

export const printError = (text: string): void => {
  process.stderr.write(`sallyport: ${text}\n`);
};

/**
 * A reader that has gone (`… | head -1`, a closed terminal) ends nothing: what was begun is finished. Output that is
 * lost for another reason, as on a full disk, is told and makes the call fail.
 */
export function outliveReaders(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    printError(`cannot write the output (${error.code ?? error.message}): it is not complete`);
    process.exitCode = exitCode.failed;
  });
}

/** The call itself was wrong, in a way that only several of its words together show. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** By name, not by class: an application that `routes` loads brings a copy of the library of its own. */
const isConfiguration = (error: unknown): error is Error =>
  error instanceof Error && (error.name === 'ConfigurationError' || error.name === 'SettingsRefused');

/** What a person reads when a command fails: one clear line for whatever was foreseen, never a stack. */
export function explain(error: unknown): string {
  if (error instanceof InvalidInput) return error.issues.map(issueLine).join('\nsallyport: ');
  if (error instanceof Refusal) return error.reason ?? error.detail;
  if (error instanceof UsageError) return error.message;
  if (isConfiguration(error)) return error.message.replace(/^Sallyport did not start\. /, '').trimEnd();
  if (error instanceof Error) return `unexpected: ${error.stack ?? error.message}`;
  return `unexpected: ${String(error)}`;
}

/** The wire's words for a fault, without what only a program reads there. */
const issueLine = ({ loc, msg }: InvalidInput['issues'][number]): string => {
  const field = loc.filter((part) => part !== 'body' && part !== 'query').join('.');
  return `${field}: ${msg.replace(/^Value error, /, '')}`;
};

/** Columns as wide as their widest cell, two blanks between, none behind the last. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}
