import fc from 'fast-check';
import { expect, it } from 'vitest';
import { uuidv7 } from '../../src/base/random.js';
import { firstUuidOf, isUuid } from '../../src/base/uuid.js';

const moment = fc.integer({ min: 0, max: 2 ** 45 });

it('the first UUID of a millisecond divides those made before it from those made at it', () => {
  expect(firstUuidOf(0)).toBe('00000000-0000-7000-8000-000000000000');
  expect(firstUuidOf(1_800_000_000_000)).toBe('01a3185c-5000-7000-8000-000000000000');
  fc.assert(
    fc.property(moment, moment, (one, other) => {
      expect(isUuid(firstUuidOf(one))).toBe(true);
      expect(firstUuidOf(one) < firstUuidOf(other)).toBe(one < other);
    }),
  );
  const now = Date.now() + 86_400_000;
  const made = uuidv7({ now: () => now });
  expect(made >= firstUuidOf(now)).toBe(true);
  expect(made < firstUuidOf(now + 1)).toBe(true);
});

it('a moment before 1970 is none', () => {
  expect(firstUuidOf(-1)).toBe(firstUuidOf(0));
});
