import { sql } from 'kysely';
import type { Query } from '../../src/store/connection.js';

/** A whole row, of which a test says what it cares about. */
export const accountRow = (
  id: string,
  changes: { search_text?: string; is_active?: boolean; email_key?: string; username?: string } = {},
) => ({
  id,
  email: `${id}@example.org`,
  email_key: `${id}@example.org`,
  username: id,
  password_hash: '$2b$',
  password_version: 1,
  full_name: null,
  bio: null,
  role: 'user',
  is_active: true,
  search_text: '',
  created_at: 1_700_000_000_000,
  updated_at: 1_700_000_000_000,
  ...changes,
});

export const insertAccount = (db: Query, id: string, changes: Parameters<typeof accountRow>[1] = {}) =>
  db.insertInto('sallyport_accounts').values(accountRow(id, changes)).execute();

export async function accountIds(db: Query): Promise<string[]> {
  const rows = await db.selectFrom('sallyport_accounts').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}

export const removeAccounts = (db: Query) => db.deleteFrom('sallyport_accounts').execute();

/** Adds one to a counter by reading and writing: loses an addition unless the transaction keeps others out. */
export async function addOne(tx: Query, key: string): Promise<void> {
  const row = await tx
    .selectFrom('sallyport_counters')
    .select('hits')
    .where('key', '=', key)
    .forUpdate()
    .executeTakeFirstOrThrow();
  await tx
    .updateTable('sallyport_counters')
    .set({ hits: row.hits + 1 })
    .where('key', '=', key)
    .execute();
}

export const raw = <R>(db: Query, text: string) => sql.raw<R>(text).execute(db);
