import type { Issue } from '../base/errors.js';

/** What is wrong with a text, in FastAPI's words; the route adds where it stood. The text itself is never repeated. */
export type Problem = Pick<Issue, 'msg' | 'type'>;

/** How pydantic words a validator's own refusal. */
export const valueError = (words: string): Problem => ({ msg: `Value error, ${words}`, type: 'value_error' });

/** Python's len(): code points, a lone surrogate being one. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let at = 1; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xdc00 && unit <= 0xdfff) {
      const before = text.charCodeAt(at - 1);
      if (before >= 0xd800 && before <= 0xdbff) count -= 1;
    }
  }
  return count;
}

/** No lone surrogate: the text has a UTF-8 form. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** A text that both engines keep as it is: PostgreSQL refuses NUL, SQLite gives it back cut. */
export const isStorable = (text: string): boolean => isWellFormed(text) && !text.includes('\0');

/** Lower-cases A to Z and nothing else: full folding would make KELVIN SIGN a k, and so two names one. */
export const foldAscii = (text: string): string =>
  text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** NUL and lone surrogates are refused in every text that is stored. */
export function storableProblem(text: string): Problem | undefined {
  if (!isWellFormed(text)) {
    return {
      msg: 'Input should be a valid string, unable to parse raw data as a unicode string',
      type: 'string_unicode',
    };
  }
  return text.includes('\0') ? valueError('Text must not contain the NUL character') : undefined;
}

/** FastAPI's own words for a text beyond its bounds, lengths in code points. */
export function lengthProblem(text: string, least: number, most: number): Problem | undefined {
  const length = codePoints(text);
  const unit = (count: number): string => (count === 1 ? 'character' : 'characters');
  if (length < least)
    return { msg: `String should have at least ${least} ${unit(least)}`, type: 'string_too_short' };
  if (length > most)
    return { msg: `String should have at most ${most} ${unit(most)}`, type: 'string_too_long' };
  return undefined;
}
