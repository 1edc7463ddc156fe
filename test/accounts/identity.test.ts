import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  foldIdentifier,
  foldUsername,
  parseIdentifier,
  usernameProblem,
} from '../../src/accounts/identity.js';

describe('a username', () => {
  it.each(['abc', 'Alice_99', '___', 'a'.repeat(50)])('may be %s', (username) =>
    expect(usernameProblem(username)).toBeUndefined(),
  );

  it.each([
    ['ab', 'string_too_short'],
    ['', 'string_too_short'],
    ['a'.repeat(51), 'string_too_long'],
    ['a'.repeat(1_000_000), 'string_too_long'],
    ['admin\n', 'value_error'],
    ['a b c', 'value_error'],
    ['alice@example', 'value_error'],
    ['álice', 'value_error'],
    ['\u212aate', 'value_error'],
    ['ali\0ce', 'value_error'],
    ['ali\ud800ce', 'value_error'],
    ['аdmin', 'value_error'],
    ['alice-b', 'value_error'],
  ])('may not be %j', (username, type) => expect(usernameProblem(username)?.type).toBe(type));

  it('says what the seed says', () => {
    expect(usernameProblem('a b c')?.msg).toBe(
      'Value error, Username can only contain letters, numbers, and underscores',
    );
  });

  it('is kept in lower case', () => expect(foldUsername('Alice_B')).toBe('alice_b'));
});

describe('what somebody signs in with', () => {
  it('is an e-mail address where there is an @, else a username', () => {
    expect(parseIdentifier('Alice@Example.com')).toEqual({ column: 'email_key', value: 'alice@example.com' });
    expect(parseIdentifier('ALICE')).toEqual({ column: 'username', value: 'alice' });
  });

  it.each([
    '',
    'a',
    'a b c',
    '@',
    'alice@',
    'alice\0',
    'alice\n',
    '\u212aate',
    '\ud800',
    '@'.repeat(100_000),
  ])('is nobody: %j', (text) => expect(parseIdentifier(text)).toBeUndefined());

  it('counts as one whatever its case, also where nobody bears it', () => {
    expect(foldIdentifier('ALICE@EXAMPLE.com')).toBe(foldIdentifier('alice@example.com'));
    expect(foldIdentifier('NO SUCH')).toBe('no such');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(foldIdentifier(foldIdentifier(text))).toBe(foldIdentifier(text));
      }),
    );
  });
});
