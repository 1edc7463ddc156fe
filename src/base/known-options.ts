import { ConfigurationError } from './errors.js';

/**
 * A misspelt option would be a control dropped in silence.
 * @throws ConfigurationError that begins with `where`.
 */
export function assertKnownOptions(where: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null)
    throw new ConfigurationError('ERR_OPTIONS', `${where}: the options are no object.`);
  const stranger = Object.keys(given).find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw new ConfigurationError(
      'ERR_OPTIONS',
      `${where}: there is no option "${stranger}"; known are ${known.join(', ')}.`,
    );
}
