import type { Settings } from '../settings/settings.js';
import { isCommonPassword } from './common-passwords.js';
import { localPartOf } from './email-address.js';
import { isWellFormed, lengthProblem, type Problem, storableProblem, valueError } from './text.js';

/** Code points. A longer one proves nothing more, and would be hashed (ASVS 6.2.9 asks for 64 at least). */
const maxPasswordLength = 128;

export type PasswordRules = Pick<
  Settings['password'],
  'minLength' | 'requireUppercase' | 'requireNumbers' | 'requireSymbols'
>;

interface Owner {
  readonly email: string;
  readonly username: string;
}

/** A shorter name is in too many good passwords by chance. */
const minContained = 3;

function compositionProblems(password: string, rules: PasswordRules): readonly Problem[] {
  const problems: Problem[] = [];
  const must = (required: boolean, pattern: RegExp, what: string): void => {
    if (required && !pattern.test(password))
      problems.push(valueError(`Password must contain at least one ${what}`));
  };
  must(rules.requireUppercase, /\p{Lu}/u, 'uppercase letter');
  must(rules.requireNumbers, /\p{Nd}/u, 'number');
  must(rules.requireSymbols, /[\p{P}\p{S}]/u, 'symbol');
  return problems;
}

function contains(password: string, name: string): boolean {
  return name.length >= minContained && password.toLowerCase().includes(name.toLowerCase());
}

/**
 * All that is wrong with a new password; empty where it is fine. Lengths count code points. The seed's rules by their
 * settings, then common passwords (ASVS 6.2.4) and ones that contain the owner's e-mail, its local part or the username
 * (6.2.11), whatever their case. Nothing is trimmed or folded in the password itself (6.2.8).
 */
export function passwordProblems(password: string, owner: Owner, rules: PasswordRules): readonly Problem[] {
  const unusable =
    lengthProblem(password, rules.minLength, maxPasswordLength) ??
    (isWellFormed(password) ? undefined : storableProblem(password));
  if (unusable !== undefined) return [unusable];
  const problems = [...compositionProblems(password, rules)];
  if (isCommonPassword(password)) problems.push(valueError('Password is too common'));
  const { email, username } = owner;
  // The whole address matters where its local part is too short to be looked for.
  if (contains(password, localPartOf(email)) || contains(password, email))
    problems.push(valueError('Password must not contain the e-mail address'));
  if (contains(password, username)) problems.push(valueError('Password must not contain the username'));
  return problems;
}
