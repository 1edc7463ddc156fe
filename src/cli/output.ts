import { ConfigurationError, InvalidInput, Refusal } from '../base/errors.js';

/** 0: done. 1: refused or failed. 2: the call itself was wrong. */
export const exitCode = { done: 0, failed: 1, usage: 2 } as const;

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

export const printError = (text: string): void => {
  process.stderr.write(`sallyport: ${text}\n`);
};

/** What a person reads when a command fails: one clear line, never a stack, for whatever was foreseen. */
export function explain(error: unknown): string {
  if (error instanceof InvalidInput)
    return error.issues
      .map(({ loc, msg }) => `${loc.filter((part) => part !== 'body').join('.')}: ${msg}`)
      .join('\n           ');
  if (error instanceof Refusal) return error.reason ? `${error.detail} (${error.reason})` : error.detail;
  if (error instanceof ConfigurationError) return error.message;
  if (error instanceof Error) return `unexpected: ${error.stack ?? error.message}`;
  return `unexpected: ${String(error)}`;
}

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
