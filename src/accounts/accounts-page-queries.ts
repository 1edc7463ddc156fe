import { InvalidInput } from '../base/errors.js';
import { readCursor, writeCursor } from '../base/page-cursor.js';
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
  const after = cursor === undefined ? undefined : readCursor(cursor);
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
  return { items, nextCursor: rows.length > limit && last !== undefined ? writeCursor(last.id) : null };
}
