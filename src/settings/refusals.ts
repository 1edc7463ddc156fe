import { ConfigurationError } from '../base/errors.js';

/** One setting that cannot stand: what is wrong, and the line (or command) that mends it. Never holds a secret. */
export interface Problem {
  readonly name: string;
  readonly problem: string;
  readonly mend: string;
}

/**
 * What a rule found. `always` stops every start; `strict` stops staging and production, development only warns of it;
 * `warning` is told and stops nothing.
 */
export interface Finding extends Problem {
  readonly level: 'always' | 'strict' | 'warning';
}

/** Thrown by a parser: the text does not fit. `load-settings.ts` gathers all of them before it refuses. */
export class Unfit extends Error {
  readonly problem: string;
  readonly mend: string;

  constructor(problem: string, mend: string) {
    super(problem);
    this.problem = problem;
    this.mend = mend;
  }
}

function messageOf(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? 'One setting needs' : `${problems.length} settings need`;
  const lines = problems.map(({ name, problem, mend }) => `  ${name} ${problem}\n    Mend: ${mend}`);
  return `Sallyport did not start. ${count} a change:\n\n${lines.join('\n\n')}\n`;
}

/** The settings do not hold: every problem at once, each with its mend (ASVS 13.4.2, 16.5.3). Stops the start. */
export class SettingsRefused extends ConfigurationError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('ERR_SETTING_REFUSED', messageOf(problems));
    this.problems = problems;
    // They stand in the message already: an uncaught one would print them twice.
    Object.defineProperty(this, 'problems', { enumerable: false });
  }
}

/** A finding as one line for the log. */
export const warningLine = ({ name, problem, mend }: Problem): string => `${name} ${problem} Mend: ${mend}`;

/** A value as a message may show it: quoted, without control characters, short; nothing that may hold a password. */
export function shown(text: string): string {
  if (text.includes('@')) return 'the value';
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return JSON.stringify(short).replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '?');
}
