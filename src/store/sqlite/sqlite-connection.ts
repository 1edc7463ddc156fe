import type { QueryResult } from 'kysely';
import type { KeptStatement } from '../query.js';
import { nulRefused, storeUnavailable } from '../store-errors.js';
import type { SqliteDatabase, SqliteStatement } from './library.js';

interface Prepared {
  readonly statement: SqliteStatement;
  readonly returnsRows: boolean;
  readonly columns: readonly string[];
  /** The columns that SQLite keeps as 0 and 1. */
  readonly booleans: readonly string[];
}

type Row = Record<string, unknown>;

const booleanColumns = new Set(['is_active']);
/** Texts that Kysely makes differ by the length of their lists; the rest fits many times over. */
const preparedAtMost = 256;

function toSqlite(value: unknown): unknown {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'string' && value.includes('\0')) throw nulRefused();
  return value;
}

function fromSqlite(row: Row, booleans: readonly string[]): Row {
  for (const name of booleans) {
    if (row[name] !== null) row[name] = row[name] === 1;
  }
  return row;
}

function named(values: readonly unknown[], columns: readonly string[]): Row {
  const row: Row = {};
  for (let at = 0; at < columns.length; at += 1) row[columns[at] as string] = values[at];
  return row;
}

/** One connection with its prepared statements. Every call is synchronous, so nothing can come between. */
export class SqliteConnection {
  readonly #open: () => SqliteDatabase;
  readonly #prepared = new Map<string, Prepared>();
  readonly #kept: (Prepared | undefined)[] = [];
  #database: SqliteDatabase | undefined;
  #closed = false;

  constructor(open: () => SqliteDatabase) {
    this.#open = open;
    this.#database = open();
  }

  get inTransaction(): boolean {
    return this.#database?.isTransaction ?? false;
  }

  exec(sql: string): void {
    this.#live().exec(sql);
  }

  /** Whether a commit waits until the disk has it, as it does at first. Outside transactions. */
  setDurable(durable: boolean): void {
    try {
      this.exec(`pragma synchronous = ${durable ? 'full' : 'normal'}`);
    } catch {
      // Opened anew it is durable.
      this.discard();
    }
  }

  execute(sql: string, parameters: readonly unknown[]): QueryResult<unknown> {
    const prepared = this.#prepare(sql);
    const values = parameters.map(toSqlite);
    if (!prepared.returnsRows) {
      const { changes, lastInsertRowid } = prepared.statement.run(...values);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    }
    const rows = prepared.statement.all(...values) as Row[];
    if (prepared.booleans.length > 0) for (const row of rows) fromSqlite(row, prepared.booleans);
    return { rows };
  }

  first({ id, sql }: KeptStatement, parameters: readonly unknown[]): unknown {
    let prepared = this.#kept[id];
    if (prepared === undefined) {
      prepared = this.#compile(sql);
      // A row as a list costs a third less than one by names.
      prepared.statement.setReturnArrays?.(true);
      this.#kept[id] = prepared;
    }
    const row = prepared.statement.get(...parameters.map(toSqlite));
    if (row === undefined) return undefined;
    return fromSqlite(Array.isArray(row) ? named(row, prepared.columns) : (row as Row), prepared.booleans);
  }

  /** Forgets the connection with whatever stale snapshot or broken file handle it holds; the next call opens anew. */
  discard(): void {
    this.#prepared.clear();
    this.#kept.length = 0;
    const database = this.#database;
    this.#database = undefined;
    try {
      database?.close();
    } catch {
      // A connection given up because it is broken may fail to close, too.
    }
  }

  /** For good. */
  close(): void {
    this.#closed = true;
    this.discard();
  }

  #live(): SqliteDatabase {
    if (this.#closed) throw storeUnavailable('The store is closed');
    this.#database ??= this.#open();
    return this.#database;
  }

  #prepare(sql: string): Prepared {
    const found = this.#prepared.get(sql);
    if (found !== undefined) return found;
    const prepared = this.#compile(sql);
    if (this.#prepared.size >= preparedAtMost) {
      const [oldest] = this.#prepared.keys();
      if (oldest !== undefined) this.#prepared.delete(oldest);
    }
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  #compile(sql: string): Prepared {
    const statement = this.#live().prepare(sql);
    const columns = statement.columns().map(({ name }) => name);
    return {
      statement,
      columns,
      returnsRows: columns.length > 0,
      booleans: columns.filter((name) => booleanColumns.has(name)),
    };
  }
}
