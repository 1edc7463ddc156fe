import { InvalidInput } from './errors.js';
import { isUuid } from './uuid.js';

/** The id of the last row of a page, opaque for whoever gets it. */
export const writeCursor = (id: string): string => Buffer.from(id, 'latin1').toString('base64url');

/** The id behind a cursor. Refuses with 422 what `writeCursor` did not write. It says where to read on, and grants nothing. */
export function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('latin1');
  // Base64 has several spellings of the same bytes; one page has one cursor.
  if (isUuid(id) && writeCursor(id) === cursor) return id;
  throw new InvalidInput([
    { loc: ['query', 'cursor'], msg: 'Value error, Invalid cursor', type: 'value_error' },
  ]);
}
