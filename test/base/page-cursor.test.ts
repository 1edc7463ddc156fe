import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../src/base/errors.js';
import { readCursor, writeCursor } from '../../src/base/page-cursor.js';

const id = '0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000';

function refusalOf(cursor: string): unknown {
  try {
    return readCursor(cursor);
  } catch (error) {
    return error;
  }
}

describe('the cursor of a page', () => {
  it('leads back to the row', () => {
    expect(readCursor(writeCursor(id))).toBe(id);
    expect(writeCursor(id)).toMatch(/^[\w-]+$/);
  });

  it.each([
    '',
    id,
    '0',
    '%',
    "' or 1=1 --",
    `${writeCursor(id)}=`,
    `${writeCursor(id)} `,
    writeCursor(`${id}x`),
    writeCursor(id.toUpperCase()),
    'é'.repeat(48),
  ])('refuses %j with 422 at query, cursor', (cursor) => {
    const refusal = refusalOf(cursor);
    expect(refusal).toBeInstanceOf(InvalidInput);
    expect(refusal).toMatchObject({
      status: 422,
      issues: [{ loc: ['query', 'cursor'], msg: 'Value error, Invalid cursor', type: 'value_error' }],
    });
  });

  it('refuses garbage of every kind and nothing else', () => {
    fc.assert(fc.property(fc.string(), (text) => refusalOf(text) instanceof InvalidInput));
    fc.assert(fc.property(fc.uuid(), (uuid) => readCursor(writeCursor(uuid)) === uuid));
  });
});
