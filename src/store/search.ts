import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { type Query, runnerOf } from './query.js';

/**
 * Up to so many names the index gives all of them, to be sorted; a term that more names hold is found sooner by walking
 * the accounts in order. Measured at 100,000 accounts: both cost about the same here, and less on either side.
 */
const rareAtMost = 500;

const count = (text: string): number => [...text].length;

/** FTS5 reads a quoted string as plain text, whatever stands in it; a quote is doubled. */
const phrase = (text: string): string => `"${text.replaceAll('"', '""')}"`;

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

async function isRare(db: Query, needle: string): Promise<boolean> {
  const { rows } = await sql<{
    found: number;
  }>`select count(*) as found from (select 1 from sallyport_accounts_search
    where words match ${phrase(needle)} limit ${rareAtMost + 1})`.execute(db);
  return (rows[0]?.found ?? 0) <= rareAtMost;
}

async function onSqlite(db: Query, needle: string): Promise<RawBuilder<SqlBool>> {
  if (count(needle) < 3 || !(await isRare(db, needle))) {
    return sql<SqlBool>`instr(' ' || sallyport_accounts.search_text, ${needle}) > 0`;
  }
  return sql<SqlBool>`sallyport_accounts.row_number in
    (select rowid from sallyport_accounts_search where words match ${phrase(needle)})`;
}

/**
 * The condition under which an account's name matches: three characters and more anywhere in it, fewer at the beginning
 * of a word. `term` is folded as `search_text` is; nothing in it is a wildcard or query syntax. For a query on
 * `sallyport_accounts` under its own name.
 */
export async function searchCondition(db: Query, term: string): Promise<RawBuilder<SqlBool>> {
  // No stored text holds NUL, and neither engine takes it.
  if (term === '' || term.includes('\0')) return sql<SqlBool>`1 = 0`;
  const needle = count(term) < 3 ? ` ${term}` : term;
  if (runnerOf(db).engine === 'sqlite') return onSqlite(db, needle);
  return sql<SqlBool>`(' ' || sallyport_accounts.search_text) like ${`%${escapeLike(needle)}%`}`;
}
