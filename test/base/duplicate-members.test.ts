import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesMemberTwice } from '../../src/base/duplicate-members.js';

describe('members named twice', () => {
  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '[{"b":[{"a":1 ,"c":{} , "a" \t\r\n: 2}]}]',
    '{"\\\\":1,"\\\\":2}',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"a":{"x":1},"b":{"y":1,"y":1}}',
  ])('finds them in %s', (text) => {
    expect(namesMemberTwice(text)).toBe(true);
  });

  it.each([
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}',
    '{"a":"a","b":"a"}',
    '["a","a"]',
    '{"a":"{\\"b\\":1,\\"b\\":2}"}',
    '{"a":1,"A":2,"\u00e9":3,"e\u0301":4}',
    '"a"',
    '1',
  ])('finds none in %s', (text) => {
    expect(namesMemberTwice(text)).toBe(false);
  });

  it('finds none in what JSON.stringify writes, and one wherever it is put in', () => {
    const document = fc.jsonValue({ depthSize: 'small' });
    fc.assert(
      fc.property(document, document, fc.string(), fc.nat(2), (one, other, name, indent) => {
        const write = (value: unknown) => JSON.stringify(value, null, indent);
        expect(namesMemberTwice(write(one))).toBe(false);
        const twice = `{${write(name)}:${write(one)},"${name.length}x":[{}],${write(name)}:${write(other)}}`;
        expect(namesMemberTwice(`[${write(other)},${twice}]`)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('needs no stack, however deep or long', () => {
    const deep = `${'{"a":['.repeat(50_000)}${']}'.repeat(50_000)}`;
    expect(namesMemberTwice(deep)).toBe(false);
    expect(namesMemberTwice(`{"a":"${'\\\\'.repeat(500_000)}","a":1}`)).toBe(true);
  });
});
