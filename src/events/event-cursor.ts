import { InvalidInput } from '../base/errors.js';

const id = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id of the last event of a page, opaque for whoever gets it. */
export const writeCursor = (eventId: string): string => Buffer.from(eventId, 'latin1').toString('base64url');

/** Refuses with 422 what `writeCursor` did not write. It says where to read on, and grants nothing. */
export function readCursor(cursor: string): string {
  const eventId = Buffer.from(cursor, 'base64url').toString('latin1');
  if (id.test(eventId) && writeCursor(eventId) === cursor) return eventId;
  throw new InvalidInput([{ loc: ['query', 'cursor'], msg: 'Invalid cursor', type: 'value_error' }]);
}
