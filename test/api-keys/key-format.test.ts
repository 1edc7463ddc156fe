import { describe, expect, it } from 'vitest';
import { createKey, idOfKey } from '../../src/api-keys/key-format.js';

describe('the form of a key', () => {
  it('is one that a scanner knows, and tells a key from a look-alike', () => {
    const { id, key } = createKey();
    expect(key).toMatch(/^spk_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    expect(idOfKey(key)).toBe(id);
    const swapped = key.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'));
    for (const other of [
      swapped,
      key.toLowerCase(),
      key.slice(1),
      `${key} `,
      `${key}\n`,
      '',
      'spk_',
      key + key,
    ])
      expect(idOfKey(other)).toBeUndefined();
  });

  it('is never made twice', () => {
    const keys = Array.from({ length: 2000 }, createKey);
    expect(new Set(keys.map(({ id }) => id)).size).toBe(2000);
    expect(new Set(keys.map(({ key }) => key)).size).toBe(2000);
  });
});
