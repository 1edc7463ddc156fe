import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearestOf } from '../../src/settings/edit-distance.js';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['ROUNDS', 'ROUND', 1],
    ['ab', 'ba', 2],
  ])('of %j and %j is %i', (left, right, distance) => {
    expect(editDistance(left, right)).toBe(distance);
  });

  it('is a distance: nought for itself, the same both ways, never longer than the longer text', () => {
    const text = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });
    fc.assert(
      fc.property(text, text, (left, right) => {
        const distance = editDistance(left, right);
        expect(distance === 0).toBe(left === right);
        expect(editDistance(right, left)).toBe(distance);
        expect(distance).toBeLessThanOrEqual(Math.max(left.length, right.length));
      }),
    );
  });

  it('finds the nearest name', () => {
    expect(nearestOf('prodution', ['development', 'production'])).toEqual({
      name: 'production',
      distance: 1,
    });
    expect(nearestOf('x', [])).toBeUndefined();
  });
});
