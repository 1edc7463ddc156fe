import type { Kysely } from 'kysely';

/** Kysely's tag for SQL text; what stands in `${…}` is a parameter, never text. */
export { sql } from 'kysely';

import type { Query } from './query.js';

/**
 * What an application may rely on of Sallyport's tables: to join with, and to refer to by
 * `references sallyport_accounts (id) on delete cascade`. All else there may change.
 */
export interface AccountsTable {
  readonly sallyport_accounts: {
    /** UUIDv7. */
    readonly id: string;
    readonly email: string;
    /** Lower case. */
    readonly username: string;
    readonly full_name: string | null;
    readonly role: string;
    readonly is_active: boolean;
    /** Milliseconds (UTC). */
    readonly created_at: number;
  };
}

/** A Kysely query builder on the accounts' database; `db.withTables<Own>()` adds the types of own tables. */
export type OwnQuery = Kysely<AccountsTable>;

/** The same query builder, typed by what may be relied on. */
export const toOwnQuery = (query: Query): OwnQuery => query as unknown as OwnQuery;
