import { describe, expect, it } from 'vitest';
import { parseCredential } from '../../src/access/credential.js';

describe('the credential', () => {
  it.each([
    undefined,
    '',
    'Basic YTpi',
    'Bearer',
    'Bearer ',
    'bearer   ',
    'Bearerabc',
    'Bearer\tabc',
    ' Bearer abc',
    'Token Bearer abc',
  ])('%j is none', (field) => {
    expect(parseCredential(field)).toEqual({ kind: 'none' });
  });

  it.each(['Bearer abc', 'bearer abc', 'BEARER abc', 'Bearer   abc', 'Bearer abc '])(
    '%j is a bearer token',
    (field) => {
      expect(parseCredential(field)).toEqual({ kind: 'bearer', token: 'abc' });
    },
  );

  it.each(['Bearer a b', 'Bearer a, Bearer b', `Bearer ${'a'.repeat(8193)}`])('%# is malformed', (field) => {
    expect(parseCredential(field)).toEqual({ kind: 'malformed' });
  });
});
