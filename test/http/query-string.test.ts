import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQueryString } from '../../src/http/query-string.js';

describe('a query string', () => {
  it('reads what URLSearchParams writes, whatever the texts', () => {
    const texts = fc.uniqueArray(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), {
      selector: ([name]) => name,
    });
    fc.assert(
      fc.property(texts, (pairs) => {
        const given = pairs.filter(([name, value]) => name !== '' || value !== '');
        expect({ ...parseQueryString(new URLSearchParams(given).toString()) }).toEqual(
          Object.fromEntries(given),
        );
      }),
    );
  });

  it('makes a list of what is sent more than once', () => {
    expect({ ...parseQueryString('a=1&b&a=2&a=3') }).toEqual({ a: ['1', '2', '3'], b: '' });
  });

  it.each(['%ff%fe', '%c0%af', '%zz', '%'])('does not keep %s, which is no UTF-8', (escaped) => {
    expect(parseQueryString(`search=${escaped}`)['search']).toMatch(/\p{Surrogate}/u);
  });

  it('has no prototype to pollute', () => {
    const found = parseQueryString('__proto__=x&constructor=y');
    expect(Object.getPrototypeOf(found)).toBeNull();
    expect(Object.keys(found)).toEqual(['__proto__', 'constructor']);
    expect(Object.prototype).not.toHaveProperty('x');
  });
});
