import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { boolean, choice, integer, line, list, only, path } from '../../src/settings/parsers.js';
import { Unfit } from '../../src/settings/refusals.js';

const place = { name: 'NAME', cwd: '/somewhere' };

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Unfit) return `${error.problem} | ${error.mend}`;
    throw error;
  }
  throw new Error('was not refused');
}

describe('boolean', () => {
  it.each(['1', 'yes', 'on', 'true', 'True', 'TRUE', ' y ', 't'])('takes %j as true', (text) => {
    expect(boolean(text, place)).toBe(true);
  });
  it.each(['0', 'no', 'off', 'false', 'False', 'n', 'f'])('takes %j as false', (text) => {
    expect(boolean(text, place)).toBe(false);
  });
  it.each(['2', 'tru', 'yes!', 'null', 'truefalse'])('refuses %j', (text) => {
    expect(refusal(() => boolean(text, place))).toBe(
      `is ${JSON.stringify(text)}, which is neither true nor false. | NAME=true or NAME=false`,
    );
  });
});

describe('integer', () => {
  const port = integer(0, 65535, 8000);
  it('takes both bounds, and underscores as Python does', () => {
    expect([port('0', place), port(' 65535 ', place), port('8_000', place)]).toEqual([0, 65535, 8000]);
  });
  it.each(['', '80a', '1e3', '0x10', '8.0', '٣', '_1', '1__0', 'Infinity'])('refuses %j', (text) => {
    expect(refusal(() => port(text, place))).toContain(
      'which is not a whole number from 0 to 65535. | NAME=8000',
    );
  });
  it.each(['-1', '65536', '9'.repeat(400)])('refuses %j, out of bounds', (text) => {
    expect(refusal(() => port(text, place))).toContain('it goes from 0 to 65535. | NAME=8000');
  });
});

describe('choice and only', () => {
  const level = choice(['info', 'warn'], { warning: 'warn' });
  it('takes any case and other spellings', () => {
    expect([level('INFO', place), level('Warning', place)]).toEqual(['info', 'warn']);
  });
  it.each(['loud', 'constructor', '__proto__'])('refuses %j', (text) => {
    expect(refusal(() => level(text, place))).toBe(`is "${text}"; it takes info or warn. | NAME=info`);
  });
  it('says which values come later', () => {
    const hash = only('bcrypt', ['argon2id']);
    expect(hash('BCRYPT', place)).toBe('bcrypt');
    expect(refusal(() => hash('argon2id', place))).toBe(
      'is argon2id, which is planned but does not work yet: bcrypt is the one value for now. | NAME=bcrypt',
    );
    expect(refusal(() => hash('md5', place))).toBe('is "md5"; it takes bcrypt alone for now. | NAME=bcrypt');
  });
});

describe('list', () => {
  const words = list((text) => {
    if (text.startsWith('!')) throw new Unfit(`holds ${text}`, text.slice(1));
    return text;
  });
  it.each([
    ['a,b', ['a', 'b']],
    [' a , b ,, a', ['a', 'b']],
    ['["a", "b"]', ['a', 'b']],
    ['[]', []],
    [',', []],
  ])('reads %j', (text, items) => {
    expect(words(text, place)).toEqual(items);
  });
  it.each(["['a']", '[a]', '["a"'])('refuses %j, which is no JSON', (text) => {
    expect(refusal(() => words(text, place))).toContain('starts with [ but is not JSON');
  });
  it.each(['[1]', '[["a"]]', '[null]'])('refuses %j, which is no list of texts', (text) => {
    expect(refusal(() => words(text, place))).toContain('is JSON, but not a list of texts');
  });
  it('tells every wrong item at once and mends the whole line', () => {
    expect(refusal(() => words('a,!b,!c', place))).toBe('holds !b; holds !c. | NAME=a,b,c');
  });
});

describe('line and path', () => {
  it('refuses what would forge a line of the log', () => {
    expect(refusal(() => line(10)('a\nb', place))).toContain('holds a control character');
    expect(refusal(() => path('/a\0b', place))).toContain('holds a control character');
    expect(refusal(() => line(3)('abcd', place))).toContain('is longer than 3 characters');
    expect(line(3)('😀😀😀', place)).toBe('😀😀😀');
  });
  it('starts a relative path from the working folder', () => {
    expect(path('./x', place)).toBe(resolve('/somewhere/x'));
    expect(path('/x', place)).toBe(resolve('/x'));
  });
});
