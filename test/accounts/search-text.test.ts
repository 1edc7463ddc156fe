import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { searchProblem, searchText } from '../../src/accounts/search-text.js';

describe('the text that is searched', () => {
  it.each([
    ['Élodie ÜNAL', 'elodie unal'],
    ['E\u0301lodie', 'elodie'],
    ['STRASSE straße ẞ', 'strasse strasse ss'],
    ['İstanbul Iı', 'istanbul ii'],
    ['ﬁsh Ｗｉｄｅ', 'fish wide'],
    ['ΟΔΟΣ οδός', 'οδοσ οδοσ'],
    ['Łukasz Ærø Đặng', 'lukasz aero dang'],
    ['Й ё', 'и е'],
    ['がぎ', 'がぎ'],
    ['김철수', '김철수'],
    ['  two\u00a0\u00a0 words ', 'two words'],
    ["O'Brien 100%_\\", "o'brien 100%_\\"],
  ])('of %s is %s', (name, text) => expect(searchText(name)).toBe(text));

  it('is folded once for all, and alike for what a Unicode normalisation makes one', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, (name) => {
        expect(searchText(name.normalize('NFD'))).toBe(searchText(name.normalize('NFC')));
      }),
    );
    fc.assert(
      fc.property(text, (name) => {
        expect(searchText(searchText(name))).toBe(searchText(name));
      }),
    );
  });

  it('is asked for with 2 to 50 code points', () => {
    expect(searchProblem('é1')).toBeUndefined();
    expect(searchProblem('🔒'.repeat(50))).toBeUndefined();
    expect(searchProblem('a')?.type).toBe('string_too_short');
    expect(searchProblem('🔒')?.type).toBe('string_too_short');
    expect(searchProblem('a'.repeat(51))?.type).toBe('string_too_long');
    expect(searchProblem('a\0b')).toBeDefined();
    expect(searchProblem('a\ud800')).toBeDefined();
  });
});
