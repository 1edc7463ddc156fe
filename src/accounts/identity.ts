import { emailKey } from './email-address.js';
import { foldAscii, lengthProblem, type Problem, valueError } from './text.js';

const usernamePattern = /^[a-zA-Z0-9_]+$/;
const minUsername = 3;
const maxUsername = 50;

/** The seed's rule. (Its `$` took a trailing newline in Python; here it does not.) */
export function usernameProblem(username: string): Problem | undefined {
  const tooShortOrLong = lengthProblem(username, minUsername, maxUsername);
  if (tooShortOrLong !== undefined) return tooShortOrLong;
  if (usernamePattern.test(username)) return undefined;
  return valueError('Username can only contain letters, numbers, and underscores');
}

/** As it is stored and shown. */
export const foldUsername = (username: string): string => foldAscii(username);

export type Identifier =
  | { readonly column: 'email_key'; readonly value: string }
  | { readonly column: 'username'; readonly value: string };

/** What a person signs in with: an e-mail address where there is an `@`, else a username. Undefined where no account can bear it. */
export function parseIdentifier(text: string): Identifier | undefined {
  if (text.includes('@')) {
    const value = emailKey(text);
    return value === undefined ? undefined : { column: 'email_key', value };
  }
  return usernameProblem(text) === undefined ? { column: 'username', value: foldUsername(text) } : undefined;
}

/** The identifier's key for counting, defined for any text: two spellings of one account's name are one. */
export const foldIdentifier = (text: string): string => parseIdentifier(text)?.value ?? foldAscii(text);
