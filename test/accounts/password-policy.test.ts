import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonPasswords, isCommonPassword } from '../../src/accounts/common-passwords.js';
import { type PasswordRules, passwordProblems } from '../../src/accounts/password-policy.js';

const seed: PasswordRules = {
  minLength: 8,
  requireUppercase: true,
  requireNumbers: true,
  requireSymbols: false,
};
const alice = { email: 'alice.liddell@example.com', username: 'wonder_girl' };
const judge = (password: string, rules = seed, owner = alice): readonly string[] =>
  passwordProblems(password, owner, rules).map(({ msg }) => msg);

describe("the seed's rules", () => {
  it.each([
    'Correct-Horse-9',
    'Überlang1',
    'ПАРОЛЬ77',
    'Zq1🔒🔒🔒🔒🔒',
    `Q1${'z'.repeat(126)}`,
    `Q1${'🔒'.repeat(126)}`,
  ])('admit %s', (password) => expect(judge(password)).toEqual([]));

  it.each([
    ['Short1x', 'String should have at least 8 characters'],
    ['Q1🔒🔒🔒🔒🔒', 'String should have at least 8 characters'],
    [`Q1${'z'.repeat(127)}`, 'String should have at most 128 characters'],
    ['xqzjvkwpy7', 'Value error, Password must contain at least one uppercase letter'],
    ['Xqzjvkwpyh', 'Value error, Password must contain at least one number'],
    ['Xqzj\ud800vkwp7', 'Input should be a valid string, unable to parse raw data as a unicode string'],
  ])('refuse %j', (password, message) => expect(judge(password)).toEqual([message]));

  it('are told all at once', () => {
    expect(judge('qzjvkwpy', { ...seed, requireSymbols: true })).toEqual([
      'Value error, Password must contain at least one uppercase letter',
      'Value error, Password must contain at least one number',
      'Value error, Password must contain at least one symbol',
    ]);
  });

  it('follow the settings', () => {
    const none = { minLength: 1, requireUppercase: false, requireNumbers: false, requireSymbols: false };
    expect(judge('correct horse battery staple', none)).toEqual([]);
    expect(judge('Xqzjvkwp7', { ...seed, requireSymbols: true })).toHaveLength(1);
    expect(judge('Xqzj vkwp7', { ...seed, requireSymbols: true })).toHaveLength(1);
    expect(judge('Xqzj€vkwp7', { ...seed, requireSymbols: true })).toEqual([]);
    expect(judge('Xqzj_vkwp7', { ...seed, requireSymbols: true })).toEqual([]);
    expect(judge('Xqzjvkwp7', { ...seed, minLength: 10 })).toHaveLength(1);
  });

  it('say what is wrong without repeating the password', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 3, maxLength: 200 }), (password) => {
        for (const { msg } of passwordProblems(`§${password}`, alice, seed))
          expect(msg).not.toContain(`§${password}`);
      }),
    );
  });
});

describe('common passwords', () => {
  it('are at least 10,000, all in lower case', () => {
    expect(commonPasswords().size).toBeGreaterThanOrEqual(10_000);
    for (const password of commonPasswords()) expect(password).toBe(password.toLowerCase());
  });

  it.each(['Password1', 'PASSWORD1', 'Football1', 'Qwerty123', 'Welcome1'])(
    'are refused although they fit the rules: %s',
    (password) => expect(judge(password)).toEqual(['Value error, Password is too common']),
  );

  it('are looked up whole', () => {
    expect(isCommonPassword('Password1-and-much-more')).toBe(false);
    expect(isCommonPassword('')).toBe(false);
    expect(isCommonPassword('__proto__')).toBe(false);
    expect(isCommonPassword('constructor')).toBe(commonPasswords().has('constructor'));
  });
});

describe('passwords that hold their owner', () => {
  it.each(['Xq7-ALICE.liddell', 'Alice.Liddell@Example.COM-1', '1Alice.Liddell'])(
    'are refused: %s',
    (password) =>
      expect(judge(password)).toEqual(['Value error, Password must not contain the e-mail address']),
  );

  it('are refused with the username, whatever its case', () => {
    expect(judge('Q7WONDER_girl')).toEqual(['Value error, Password must not contain the username']);
  });

  it('are refused whatever the case in which the owner writes the names', () => {
    const owner = { email: 'Alice.Liddell@Example.com', username: 'Wonder_Girl' };
    expect(judge('Q7alice.liddell', seed, owner)).toHaveLength(1);
    expect(judge('Q7wonder_girl', seed, owner)).toHaveLength(1);
  });

  it('are not meant where a name has under three characters', () => {
    expect(judge('Xqzjvkal7', seed, { email: 'al@example.com', username: 'wonder' })).toEqual([]);
    expect(judge('X7al@example.com', seed, { email: 'al@example.com', username: 'wonder' })).toHaveLength(1);
  });
});
