import {
  type CompiledQuery,
  DefaultQueryExecutor,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  Transaction,
} from 'kysely';
import type { Tables } from './tables.js';

/** What a query takes: `store.db`, or the `tx` that `store.transaction` hands to its work. */
export type Query = Kysely<Tables>;

export type Engine = 'sqlite' | 'postgres';

/** A statement whose text never changes: prepared once on each connection, found again by its number. */
export interface KeptStatement {
  readonly id: number;
  readonly sql: string;
  /** False where it writes, and so needs the writer. */
  readonly reads: boolean;
}

/** What stands behind a `Query`: one connection, a pool, or the queue before the one writer. */
export interface Runner {
  readonly engine: Engine;
  execute(query: CompiledQuery): Promise<QueryResult<unknown>>;
  /** The first row of a kept statement. */
  first(statement: KeptStatement, parameters: readonly unknown[]): Promise<unknown>;
}

const runners = new WeakMap<object, Runner>();

/** The runner behind a query, for the few callers that pass Kysely by (`kept`) or must know the engine (`search`). */
export function runnerOf(db: Query): Runner {
  const runner = runners.get(db);
  if (runner === undefined) throw new TypeError('This query belongs to no store');
  return runner;
}

const refuse = () => Promise.reject(new TypeError('Open a transaction with store.transaction()'));

/** Kysely wants a driver; nobody but a store opens connections or transactions, so this one refuses. */
const closedDriver: Driver = {
  init: () => Promise.resolve(),
  acquireConnection: refuse,
  beginTransaction: refuse,
  commitTransaction: refuse,
  rollbackTransaction: refuse,
  releaseConnection: () => Promise.resolve(),
  destroy: () => Promise.resolve(),
};

/** A Kysely over a runner. `transaction` makes it one that cannot open another inside. */
export function createQuery(dialect: Dialect, runner: Runner, transaction = false): Query {
  const connection = {
    executeQuery: <R>(query: CompiledQuery) => runner.execute(query) as Promise<QueryResult<R>>,
    streamQuery: () => {
      throw new TypeError('Results are not streamed');
    },
  };
  const executor = new DefaultQueryExecutor(dialect.createQueryCompiler(), dialect.createAdapter(), {
    provideConnection: (consumer) => consumer(connection),
  });
  const props = { config: { dialect }, driver: closedDriver, executor, dialect };
  const query = transaction ? new Transaction<Tables>(props) : new Kysely<Tables>(props);
  runners.set(query, runner);
  return query;
}
