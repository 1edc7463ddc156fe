import { describe, expect, it } from 'vitest';
import { assertHasherSound, type HasherUnderTest } from '../../src/accounts/password-hash-self-test.js';
import { hashNow, verifyNow } from '../../src/accounts/password-hash-sync.js';

const sound: HasherUnderTest = {
  hash: async (password) => hashNow(password, 4),
  verify: async (password, hash) => verifyNow(password, hash, 4),
};

describe("the hasher's self-test", () => {
  it('passes a sound hasher', () => expect(assertHasherSound(sound)).resolves.toBeUndefined());

  it.each<[string, Partial<HasherUnderTest>]>([
    ['rejects what is right', { verify: async () => false }],
    ['accepts what is wrong', { verify: async () => true }],
    ['cuts passwords', { verify: async (password, hash) => verifyNow(password.slice(0, 72), hash, 4) }],
    ['writes another form', { hash: async (password) => hashNow(password, 4).replace('$2b$', '$2y$') }],
    [
      'always writes the same',
      { hash: async () => '$2b$04$n79VH.0Q2TMWmt3Oqt9ukutL0VBkqvlUyhNSQ4HnU7qsIvrUTV2x2' },
    ],
    ['does not load', { verify: () => Promise.reject(new Error('Cannot find native binding')) }],
  ])('stops the start where the hasher %s', async (_, fault) => {
    const start = assertHasherSound({ ...sound, ...fault });
    await expect(start).rejects.toMatchObject({ name: 'ConfigurationError', code: 'ERR_PASSWORD_HASHER' });
  });
});
