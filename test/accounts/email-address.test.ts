import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emailKey, emailProblem } from '../../src/accounts/email-address.js';

const label63 = 'd'.repeat(63);

describe('an e-mail address', () => {
  it.each([
    'alice@example.com',
    'Alice.O+news@Example.COM',
    "o'brien@example.ie",
    '!#$%&*+-/=?^_`{|}~@example.com',
    'jürgen@münchen.de',
    '用户@例子.中国',
    'a@b.co',
    `${'l'.repeat(64)}@example.com`,
    `a@${label63}.${label63}.${label63}.${'d'.repeat(57)}.co`,
  ])('may be %s', (email) => expect(emailProblem(email)).toBeUndefined());

  it.each([
    '',
    '@',
    'alice',
    'alice@',
    '@example.com',
    'alice@example',
    'alice@localhost',
    'alice@example.com.',
    'alice@.example.com',
    'alice@example..com',
    '.alice@example.com',
    'alice.@example.com',
    'al..ice@example.com',
    '"alice"@example.com',
    'alice smith@example.com',
    ' alice@example.com',
    'alice@example.com ',
    'alice@example.com\n',
    'alice\r\nBcc: all@example.com',
    'alice\0@example.com',
    'alice@exam\0ple.com',
    'alice@exa\u00admple.com',
    'alice\u202e@example.com',
    'alice\ud800@example.com',
    'alice@bob@example.com',
    'Alice <alice@example.com>',
    'alice@[127.0.0.1]',
    'alice@127.0.0.1',
    'alice@0x7f.1',
    'alice@1.2',
    'alice@ex%61mple.com',
    'alice@-example.com',
    'alice@example-.com',
    'alice@exam_ple.com',
    'alice@xn--a.com',
    'alice@example.com/path',
    'alice@example.com:25',
    `${'l'.repeat(65)}@example.com`,
    `${'ü'.repeat(33)}@example.com`,
    `alice@${'d'.repeat(64)}.com`,
    `aa@${label63}.${label63}.${label63}.${'d'.repeat(57)}.co`,
    'alice@例.',
  ])('may not be %j', (email) =>
    expect(emailProblem(email)).toEqual({
      msg: 'value is not a valid email address',
      type: 'value_error',
    }),
  );

  it('has one key whatever the case of its ASCII letters and the spelling of its domain', () => {
    expect(emailKey('Alice@Example.COM')).toBe('alice@example.com');
    expect(emailKey('jürgen@MÜNCHEN.de')).toBe('jürgen@xn--mnchen-3ya.de');
    expect(emailKey('jürgen@xn--mnchen-3ya.de')).toBe('jürgen@xn--mnchen-3ya.de');
    expect(emailKey('a@ｅｘａｍｐｌｅ．ｃｏｍ')).toBe('a@example.com');
    expect(emailKey('a@日本語。jp')).toBe('a@xn--wgv71a119e.jp');
  });

  it('does not share its key with a look-alike: KELVIN SIGN is no k, É no é, ı no i', () => {
    expect(emailKey('\u212aate@example.com')).not.toBe(emailKey('kate@example.com'));
    expect(emailKey('É@example.com')).not.toBe(emailKey('é@example.com'));
    expect(emailKey('m\u0131ke@example.com')).not.toBe(emailKey('mike@example.com'));
    expect(emailKey('a@faß.de')).not.toBe(emailKey('a@fass.de'));
  });

  it('is refused without work where it is long: 100 KB of @, of dots, of letters', () => {
    for (const piece of ['@', '.', 'a', 'ü', 'a.', '@a.', '🔒'])
      expect(emailProblem(`a@${piece.repeat(100_000)}.com`)).toBeDefined();
  });

  it('keeps its key when it is asked again, and any text has an answer', () => {
    const local = fc.string({ unit: fc.constantFrom(...'abzABZ019+_-ü\u212a'), minLength: 1, maxLength: 20 });
    const domain = fc.domain();
    fc.assert(
      fc.property(local, domain, (name, host) => {
        const key = emailKey(`${name}@${host}`);
        expect(key).toBeDefined();
        expect(emailKey(key ?? '')).toBe(key);
        expect(emailKey(`${name}@${host.toUpperCase()}`)).toBe(key);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(emailKey(text) === undefined).toBe(emailProblem(text) !== undefined);
      }),
    );
  });
});
