import { sql } from 'kysely';
import type { Query, Store } from '../connection.js';

const notice =
  "Searching names reads every row, because PostgreSQL has no pg_trgm here: run 'create extension pg_trgm' as a superuser, then restart";

/** Nothing but this extension is ever made outside our prefix; where it may not be made, the search scans. */
const createExtension = sql`do $$ begin
  create extension if not exists pg_trgm;
exception when others then null;
end $$`;

async function ensure(tx: Query): Promise<boolean> {
  await sql`set local statement_timeout = 0`.execute(tx);
  await sql`select pg_advisory_xact_lock(7381240361)`.execute(tx);
  await createExtension.execute(tx);
  const { rows } = await sql<{ schema: string }>`select quote_ident(nspname) as schema
    from pg_catalog.pg_extension join pg_catalog.pg_namespace n on n.oid = extnamespace where extname = 'pg_trgm'`.execute(
    tx,
  );
  const schema = rows[0]?.schema;
  if (schema === undefined) return false;
  await sql
    .raw(
      `create index if not exists sallyport_accounts_search on sallyport_accounts using gin ((' ' || search_text) ${schema}.gin_trgm_ops) with (fastupdate = off)`,
    )
    .execute(tx);
  return true;
}

/**
 * The trigram index that `searchCondition` counts on. Without fastupdate: the list of what is not yet sorted in made a search
 * of 100,000 names take 20 ms instead of 0.3. Tried at each start, so that an extension made later is used.
 */
export async function ensureTrigramIndex(store: Store): Promise<void> {
  const there = await store.transaction(ensure, { deadline: 10 * 60_000 });
  if (!there && !store.notices.includes(notice)) store.notices.push(notice);
}
