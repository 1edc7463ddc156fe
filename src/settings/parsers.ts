import { resolve } from 'node:path';
import { shown, Unfit } from './refusals.js';

/** Where a text was given: the name as the person wrote it, for the mend, and the folder that paths start from. */
export interface Place {
  readonly name: string;
  readonly cwd: string;
}

/** Makes a value of a text, or throws `Unfit`. */
export type Parse<T> = (text: string, place: Place) => T;

/** Control characters would forge lines in logs and headers. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** One line of text of at most `most` characters. */
export const line =
  (most: number): Parse<string> =>
  (text, { name }) => {
    const trimmed = text.trim();
    if (controls.test(trimmed)) throw new Unfit('holds a control character.', `${name}="one plain line"`);
    if ([...trimmed].length > most)
      throw new Unfit(`is longer than ${most} characters.`, `${name}="a shorter text"`);
    return trimmed;
  };

const booleans = new Map([
  ...['1', 'yes', 'y', 'on', 'true', 't'].map((word) => [word, true] as const),
  ...['0', 'no', 'n', 'off', 'false', 'f'].map((word) => [word, false] as const),
]);

/** 1, yes, on, true or 0, no, off, false, in any case, as pydantic reads them. */
export const boolean: Parse<boolean> = (text, { name }) => {
  const value = booleans.get(text.trim().toLowerCase());
  if (value === undefined)
    throw new Unfit(`is ${shown(text)}, which is neither true nor false.`, `${name}=true or ${name}=false`);
  return value;
};

/** A whole number within its bounds, both included; `1_000` is 1000, as in Python. `usual` is said in the mend. */
export const integer =
  (least: number, most: number, usual: number): Parse<number> =>
  (text, { name }) => {
    const digits = text.trim();
    const value = /^[+-]?\d+(?:_\d+)*$/.test(digits) ? Number(digits.replaceAll('_', '')) : Number.NaN;
    if (Number.isNaN(value))
      throw new Unfit(
        `is ${shown(text)}, which is not a whole number from ${least} to ${most}.`,
        `${name}=${usual}`,
      );
    if (value < least || value > most)
      throw new Unfit(`is ${digits.slice(0, 20)}; it goes from ${least} to ${most}.`, `${name}=${usual}`);
    return value;
  };

/** One of some words, in any case; `also` are other spellings of them. */
export const choice =
  <T extends string>(words: readonly T[], also: Readonly<Record<string, T>> = {}): Parse<T> =>
  (text, { name }) => {
    const given = text.trim().toLowerCase();
    const value =
      words.find((word) => word.toLowerCase() === given) ?? new Map(Object.entries(also)).get(given);
    if (value === undefined)
      throw new Unfit(`is ${shown(text)}; it takes ${orList(words)}.`, `${name}=${words[0]}`);
    return value;
  };

const orList = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** A setting that has one value today and names those that come later. */
export const only =
  <T extends string>(word: T, later: readonly string[]): Parse<T> =>
  (text, { name }) => {
    const given = text.trim().toLowerCase();
    if (given === word.toLowerCase()) return word;
    const problem = later.includes(given)
      ? `is ${given}, which is planned but does not work yet: ${word} is the one value for now.`
      : `is ${shown(text)}; it takes ${word} alone for now.`;
    throw new Unfit(problem, `${name}=${word}`);
  };

function listItems(text: string, name: string): readonly string[] {
  if (!text.trim().startsWith('[')) return text.split(',');
  const mend = `${name}=first,second or ${name}=["first","second"]`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Unfit('starts with [ but is not JSON: texts stand in double quotes there.', mend);
  }
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw new Unfit('is JSON, but not a list of texts.', mend);
  return value;
}

/** Makes one item of a list; throws `Unfit` whose mend is the item that was meant. */
export type ParseItem = (text: string) => string;

interface Item {
  readonly value: string;
  readonly problem?: string;
}

function judgedItem(text: string, item: ParseItem): Item {
  try {
    return { value: item(text) };
  } catch (error) {
    if (error instanceof Unfit) return { value: error.mend, problem: error.problem };
    throw error;
  }
}

/**
 * A comma list or a JSON list; blanks around and empty items are dropped, doubles too. `[]` is the empty list.
 * Tells what is wrong with every item, and mends the whole line.
 */
export const list =
  (item: ParseItem): Parse<readonly string[]> =>
  (text, { name }) => {
    const parts = listItems(text, name)
      .map((part) => part.trim())
      .filter((part) => part !== '');
    const items = parts.map((part) => judgedItem(part, item));
    const values = [...new Set(items.map(({ value }) => value))];
    const problems = [...new Set(items.flatMap(({ problem }) => problem ?? []))];
    if (problems.length > 0) throw new Unfit(`${problems.join('; ')}.`, `${name}=${values.join(',')}`);
    return values;
  };

/** A path; a relative one starts from the working folder. */
export const path: Parse<string> = (text, { name, cwd }) => {
  if (controls.test(text)) throw new Unfit('holds a control character.', `${name}=./a/plain/path`);
  return resolve(cwd, text.trim());
};
