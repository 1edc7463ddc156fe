import { lengthProblem, type Problem, storableProblem } from './text.js';

const minSearch = 2;
const maxSearch = 50;

// Latin letters that Unicode does not take apart, though people type them so.
const plainLetters: Readonly<Record<string, string>> = {
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ł: 'l',
  þ: 'th',
  ς: 'σ',
};

/**
 * A name as it is searched, the same text for both engines (SQLite's LIKE folds ASCII alone, PostgreSQL's by its locale):
 * compatibility forms resolved (NFKD), accents dropped, case folded, runs of blanks one space, composed again (NFC).
 * Marks outside the Latin, Greek and Cyrillic accents stay: in other scripts they are letters.
 */
export const searchText = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]+/g, '')
    // Down, up, down: ß and ẞ become ss, ı becomes i.
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replace(/[æœøđðħłþς]/g, (letter) => plainLetters[letter] ?? letter)
    .replace(/\s+/g, ' ')
    .trim()
    .normalize('NFC');

/** 2 to 50 code points, of what was typed. */
export const searchProblem = (search: string): Problem | undefined =>
  lengthProblem(search, minSearch, maxSearch) ?? storableProblem(search);
