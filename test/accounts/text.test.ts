import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codePoints,
  foldAscii,
  isStorable,
  isWellFormed,
  lengthProblem,
  storableProblem,
} from '../../src/accounts/text.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }))
    .map((units) => units.map((unit) => String.fromCharCode(unit)).join('')),
  fc.array(fc.constantFrom('a', '\ud83d', '\udd12', '🔒', '\0')).map((parts) => parts.join('')),
);

describe('texts', () => {
  it('are counted in code points, as Python does', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(codePoints(text)).toBe([...text].length);
      }),
    );
  });

  it('are well formed where UTF-8 gives them back', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(isWellFormed(text)).toBe(Buffer.from(text, 'utf8').toString('utf8') === text);
        expect(isStorable(text)).toBe(isWellFormed(text) && !text.includes('\0'));
        expect(storableProblem(text) === undefined).toBe(isStorable(text));
      }),
    );
  });

  it('are folded in A to Z alone: KELVIN SIGN, İ and É stay', () => {
    expect(foldAscii('ABCxyz_09')).toBe('abcxyz_09');
    expect(foldAscii('\u212a\u0130É')).toBe('\u212a\u0130É');
  });

  it('are measured with both ends included', () => {
    expect(lengthProblem('ab', 2, 3)).toBeUndefined();
    expect(lengthProblem('🔒🔒🔒', 2, 3)).toBeUndefined();
    expect(lengthProblem('a', 2, 3)).toEqual({
      msg: 'String should have at least 2 characters',
      type: 'string_too_short',
    });
    expect(lengthProblem('abcd', 2, 3)).toEqual({
      msg: 'String should have at most 3 characters',
      type: 'string_too_long',
    });
  });
});
