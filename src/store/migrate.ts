import { sql } from 'kysely';
import type { Clock } from '../base/clock.js';
import { ConfigurationError } from '../base/errors.js';
import type { Query, Store } from './connection.js';
import { migrations } from './migrations/list.js';
import type { Migration } from './migrations/migration.js';
import { ensureTrigramIndex } from './postgres/trigram-index.js';
import { type Engine, runnerOf } from './query.js';

const ledger = 'sallyport_migrations';
const deadline = 10 * 60_000;
/** Any number, as long as every version takes the same. */
const advisoryLock = 7_381_240_360;

/** Our own tables alone: names with the prefix, in the schema where they would be made. */
async function ownTables(tx: Query, engine: Engine): Promise<ReadonlySet<string>> {
  const { rows } =
    engine === 'sqlite'
      ? await sql<{ name: string }>`select name from sqlite_master
          where type in ('table', 'view') and name like 'sallyport\\_%' escape '\\'`.execute(tx)
      : await sql<{ name: string }>`select relname as name from pg_catalog.pg_class
          where relnamespace = (select oid from pg_catalog.pg_namespace where nspname = current_schema())
          and relkind in ('r', 'p', 'v', 'm', 'f') and relname like 'sallyport\\_%'`.execute(tx);
  return new Set(rows.map(({ name }) => name));
}

function foreign(table: string): ConfigurationError {
  return new ConfigurationError(
    'ERR_STORE_FOREIGN_TABLE',
    `The database holds a table ${table} that Sallyport did not make: rename it, or let DATABASE_URL name another database`,
  );
}

async function appliedNames(tx: Query): Promise<ReadonlySet<string>> {
  const rows = await tx.selectFrom('sallyport_migrations').select(['name', 'applied_at']).execute();
  return new Set(rows.map(({ name }) => name));
}

/** Makes the ledger when nothing of ours is there; a table of ours without it was made by somebody else. */
async function readLedger(
  tx: Query,
  engine: Engine,
  present: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  if (!present.has(ledger)) {
    const [stranger] = present;
    if (stranger !== undefined) throw foreign(stranger);
    const type = engine === 'sqlite' ? 'integer not null) strict' : 'bigint not null)';
    await sql.raw(`create table ${ledger} (name text not null primary key, applied_at ${type}`).execute(tx);
    return new Set();
  }
  const applied = await appliedNames(tx).catch(() => {
    throw foreign(ledger);
  });
  const known = new Set(migrations.map(({ name }) => name));
  const newer = [...applied].find((name) => !known.has(name));
  if (newer !== undefined) {
    throw new ConfigurationError(
      'ERR_STORE_NEWER',
      `The database was made by a newer Sallyport (${newer}): start that version, or restore a backup from before the update`,
    );
  }
  return applied;
}

async function apply(tx: Query, migration: Migration, engine: Engine, now: number): Promise<void> {
  for (const statement of migration.statements(engine)) await sql.raw(statement).execute(tx);
  await tx.insertInto('sallyport_migrations').values({ name: migration.name, applied_at: now }).execute();
}

async function lock(tx: Query, engine: Engine): Promise<void> {
  if (engine === 'sqlite') return;
  await sql`set local statement_timeout = 0`.execute(tx);
  await sql`select pg_advisory_xact_lock(${sql.lit(advisoryLock)})`.execute(tx);
}

async function applyPending(tx: Query, clock: Clock): Promise<readonly string[]> {
  const { engine } = runnerOf(tx);
  await lock(tx, engine);
  const present = await ownTables(tx, engine);
  const applied = await readLedger(tx, engine, present);
  const pending = migrations.filter(({ name }) => !applied.has(name));
  for (const migration of pending) {
    const stranger = migration.tables.find((table) => present.has(table));
    if (stranger !== undefined) throw foreign(stranger);
    await apply(tx, migration, engine, clock.now());
  }
  return pending.map(({ name }) => name);
}

/**
 * Brings the database to this version's schema, one process at a time, all of it or nothing, and gives the names of the
 * steps taken now. Refuses a database of a newer version and tables under our prefix that we did not make; looks at
 * nothing else.
 */
export async function migrate(store: Store, clock: Clock): Promise<readonly string[]> {
  const names = await store.transaction((tx) => applyPending(tx, clock), { deadline });
  if (store.engine === 'postgres') await ensureTrigramIndex(store);
  return names;
}
