// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of .env files is under test
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDotenv } from '../../src/settings/dotenv.js';

const read = (text: string, env = {}) => Object.fromEntries(parseDotenv(text, env).values);

describe('parseDotenv', () => {
  it.each([
    ['NAME=value', { NAME: 'value' }],
    ['  NAME = value  ', { NAME: 'value' }],
    ['export NAME=value', { NAME: 'value' }],
    ['NAME=', { NAME: '' }],
    ['NAME', {}],
    ['# NAME=value', {}],
    ['NAME=value # comment', { NAME: 'value' }],
    ['NAME=value#no-comment', { NAME: 'value#no-comment' }],
    ['NAME="a # b" # comment', { NAME: 'a # b' }],
    ["NAME='a # b'", { NAME: 'a # b' }],
    ['NAME="a\\nb\\t\\"c\\"\\\\"', { NAME: 'a\nb\t"c"\\' }],
    ["NAME='a\\nb\\'c'", { NAME: "a\\nb'c" }],
    ['NAME=a\\nb', { NAME: 'a\\nb' }],
    ["'my name'=x", { 'my name': 'x' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['A=1\rB=2', { A: '1', B: '2' }],
    ['\ufeffA=1', { A: '1' }],
    ['A=1\n\n\n  B=2', { A: '1', B: '2' }],
    ['A=1\nA=2', { A: '2' }],
    ['A=a=b==', { A: 'a=b==' }],
    ['A=["x","y"]', { A: '["x","y"]' }],
    ['A="line 1\nline 2"\nB=2', { A: 'line 1\nline 2', B: '2' }],
    ['A=\nB=2', { A: '', B: '2' }],
    ['A=one\nB=${A}/two', { A: 'one', B: 'one/two' }],
    ['B=${MISSING:-fallback}${MISSING}', { B: 'fallback' }],
    ['A=pa$$word$', { A: 'pa$$word$' }],
  ])('reads %j as python-dotenv does', (text, values) => {
    expect(read(text)).toEqual(values);
    expect(parseDotenv(text).broken).toEqual([]);
  });

  it('reads a PEM over several lines', () => {
    const pem = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----\n';
    expect(read(`A=1\nKEY="${pem}"\nB=2`)).toEqual({ A: '1', KEY: pem, B: '2' });
  });

  it('expands from the lines above first, then from the process', () => {
    expect(read('A=file\nB=${A}${HOME}', { A: 'process', HOME: '/h' })['B']).toBe('file/h');
    expect(read('B=${toString}${__proto__}')['B']).toBe('');
  });

  it('skips a line that it cannot read, tells its number, and still reads those below', () => {
    const { values, broken } = parseDotenv('A=1\nB="open\nC=3\nD="x" y\nE=5');
    expect(Object.fromEntries(values)).toEqual({ A: '1', C: '3', E: '5' });
    expect(broken).toEqual([
      { line: 2, name: 'B' },
      { line: 4, name: 'D' },
    ]);
    expect(parseDotenv('=1').broken).toEqual([{ line: 1, name: undefined }]);
  });

  it('gives back every value that was written in double quotes', () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/);
    const value = fc.string({ unit: 'binary', maxLength: 200 }).filter((text) => !text.includes('${'));
    const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, value), { maxLength: 5 }),
        fc.constantFrom('\n', '\r\n'),
        (pairs, end) => {
          const text = pairs.map(([key, content]) => `export ${key}=${quoted(content)} # note`).join(end);
          expect(parseDotenv(text)).toEqual({ values: new Map(pairs), broken: [] });
        },
      ),
    );
  });

  it('survives any text, and long hostile ones in no time worth the name', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseDotenv(text)));
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('"', "'", '\\', '=', '\n', '#', 'A', ' ', '${'), { maxLength: 80 }),
        (bits) => void parseDotenv(bits.join('')),
      ),
    );
    for (const bit of [' ', '\\', "\\'", '"\n', 'A="\n', '${'])
      parseDotenv(`A=${bit.repeat(50_000 / bit.length)}x`);
  });
});
