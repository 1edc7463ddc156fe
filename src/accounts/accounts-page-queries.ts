import { InvalidInput } from '../base/errors.js';
import type { Query } from '../store/connection.js';
import { searchCondition } from '../store/search.js';
import type { Account } from './account.js';
import { accountColumns, toAccount } from './accounts-queries.js';
import { searchProblem, searchText } from './search-text.js';

export interface AccountPage {
  readonly items: readonly Account[];
  /** Opaque; null after the last page. */
  readonly nextCursor: string | null;
}

export interface AccountPageRequest {
  /** Looked for in full_name, 2 to 50 code points, every character meaning itself. */
  readonly search?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const cursorLength = 48;

const encodeCursor = (id: string): string => Buffer.from(id, 'latin1').toString('base64url');

/** The id behind a cursor; whatever we did not write ourselves is a 422. */
function decodeCursor(cursor: string): string {
  const id = cursor.length === cursorLength ? Buffer.from(cursor, 'base64url').toString('latin1') : '';
  if (!uuid.test(id))
    throw new InvalidInput([
      { loc: ['query', 'cursor'], msg: 'Value error, Invalid cursor', type: 'value_error' },
    ]);
  return id;
}

function foldSearch(search: string): string {
  const problem = searchProblem(search);
  if (problem !== undefined) throw new InvalidInput([{ loc: ['query', 'search'], ...problem }]);
  return searchText(search);
}

/**
 * One page in the order of registration (ids are UUIDv7), by key set: as quick on the last page as on the first, and no
 * account comes twice however many are registered meanwhile. A foreign cursor or a search out of bounds is a 422.
 */
export async function listAccounts(db: Query, page: AccountPageRequest): Promise<AccountPage> {
  const { search, limit, cursor } = page;
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const text = search === undefined ? undefined : foldSearch(search);
  let query = db.selectFrom('sallyport_accounts').select(accountColumns);
  if (text !== undefined) query = query.where(await searchCondition(db, text));
  if (after !== undefined) query = query.where('id', '>', after);
  const rows = await query
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  const items = rows.slice(0, limit).map(toAccount);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(last.id) : null };
}
