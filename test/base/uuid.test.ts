import fc from 'fast-check';
import { expect, it } from 'vitest';
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
});

it('a moment before 1970 is none', () => {
  expect(firstUuidOf(-1)).toBe(firstUuidOf(0));
});
