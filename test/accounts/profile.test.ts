import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bioProblem, fullNameProblem, sanitizeBio } from '../../src/accounts/profile.js';

const bidirectionalMarks = [
  0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
];

describe('a full name', () => {
  it.each(['', "Seán O'Brien", 'Élodie Ünal', '山田 太郎', 'نور الهدى', '🔒'.repeat(100), 'x'.repeat(100)])(
    'may be %s',
    (name) => expect(fullNameProblem(name)).toBeUndefined(),
  );

  it.each([
    'x'.repeat(101),
    '🔒'.repeat(101),
    'a\nb',
    'a\tb',
    'a\0b',
    'a\x7fb',
    'a\x85b',
    'a\u2028b',
    'a\ud800b',
  ])('may not be %j', (name) => expect(fullNameProblem(name)).toBeDefined());

  it('holds no mark that turns the direction of what stands beside it', () => {
    for (const mark of bidirectionalMarks)
      expect(fullNameProblem(`a${String.fromCharCode(mark)}b`)?.msg).toContain('bidirectional');
  });
});

describe('a bio', () => {
  it('has 500 code points before anything is stripped', () => {
    expect(bioProblem('🔒'.repeat(500))).toBeUndefined();
    expect(bioProblem(`${' '.repeat(500)}x`)?.type).toBe('string_too_long');
    expect(bioProblem('<'.repeat(501))?.type).toBe('string_too_long');
    expect(bioProblem('two\nlines\tand a tab')).toBeUndefined();
  });

  it.each(['a\0b', 'a\ud800', '\udc00'])('may not be %j', (bio) => expect(bioProblem(bio)).toBeDefined());

  // What Python 3.11 printed for re.sub(r'[<>"\']', '', v).strip().
  it.each([
    ['', ''],
    ['  hello  ', 'hello'],
    ['<b>"bold"</b>', 'bbold/b'],
    ["O'Brien & Söhne", 'OBrien & Söhne'],
    ['a < b', 'a  b'],
    ['" quoted "', 'quoted'],
    ['\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000x\t\n\v\f\r ', 'x'],
    ['\ufeffx\ufeff', '\ufeffx\ufeff'],
    ['\u200bx\u180e', '\u200bx\u180e'],
    ['<<<>>>', ''],
    ['&lt;script&gt;', '&lt;script&gt;'],
  ])('is stripped as the seed does: %j', (bio, kept) => expect(sanitizeBio(bio)).toBe(kept));

  it('never keeps < > " \' and is the same when it is stripped again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (bio) => {
        const kept = sanitizeBio(bio);
        expect(kept).not.toMatch(/[<>"']/);
        expect(sanitizeBio(kept)).toBe(kept);
      }),
    );
  });
});
