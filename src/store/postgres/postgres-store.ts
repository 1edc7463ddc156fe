import { setTimeout as pause } from 'node:timers/promises';
import { type Dialect, PostgresAdapter, PostgresQueryCompiler } from 'kysely';
import type pg from 'pg';
import { Refusal } from '../../base/errors.js';
import type { Secret } from '../../base/secret.js';
import { Lease, withinDeadline } from '../lease.js';
import { createQuery, type Query, type Runner } from '../query.js';
import type { Store, TransactionOptions } from '../store.js';
import { storeUnavailable } from '../store-errors.js';
import { assertServer, createPool, serverName } from './pool.js';
import { isRepeatable, translatePostgres } from './postgres-errors.js';
import { Running } from './running.js';

const defaultDeadline = 5_000;
const longestPause = 100;
const begin = 'begin isolation level read committed';

const dialect: Dialect = {
  createDriver: () => {
    throw new TypeError('The store is the driver');
  },
  createQueryCompiler: () => new PostgresQueryCompiler(),
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: () => {
    throw new TypeError('Nothing foreign is looked at');
  },
};

async function send(target: pg.Pool | pg.ClientBase, query: pg.QueryConfig): Promise<pg.QueryResult> {
  try {
    return await target.query(query);
  } catch (error) {
    throw translatePostgres(error);
  }
}

/** `timeout`: milliseconds after which a server that hangs is given up; the pool's own where none is given. */
const runnerOn = (target: pg.Pool | pg.ClientBase, timeout?: number): Runner => {
  const limit = timeout === undefined ? {} : { query_timeout: timeout };
  return {
    engine: 'postgres',
    execute: async ({ sql, parameters }) => {
      const { rows, rowCount } = await send(target, { text: sql, values: [...parameters], ...limit });
      return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
    },
    first: async ({ id, sql }, parameters) => {
      const { rows } = await send(target, { name: `sallyport_${id}`, text: sql, values: [...parameters] });
      return rows[0];
    },
  };
};

class PostgresStore implements Store {
  readonly engine = 'postgres';
  readonly notices: string[] = [];
  readonly db: Query;
  /** The same as `db`: waiting for PostgreSQL's disk holds up nobody else. */
  readonly relaxed: Query;
  readonly #pool: pg.Pool;
  readonly #patience: number;
  readonly #running = new Running();
  #closing: Promise<void> | undefined;

  constructor(pool: pg.Pool, patience: number) {
    this.#pool = pool;
    this.#patience = patience;
    const runner = runnerOn(pool);
    this.db = createQuery(dialect, {
      engine: 'postgres',
      execute: (query) => this.#running.run(() => this.#again(() => runner.execute(query))),
      first: (statement, parameters) => this.#running.run(() => runner.first(statement, parameters)),
    });
    this.relaxed = this.db;
  }

  transaction<T>(work: (tx: Query) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return this.#running.run(() => this.#again(() => this.#once(work, options)));
  }

  async ping(): Promise<void> {
    const late = new AbortController();
    const timeout = pause(1_000, undefined, { signal: late.signal }).then(() => {
      throw storeUnavailable('PostgreSQL did not answer within 1 s');
    });
    try {
      await Promise.race([this.#running.run(() => send(this.#pool, { text: 'select 1' })), timeout]);
    } finally {
      late.abort();
      timeout.catch(() => {});
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#running.close().then(() => this.#pool.end());
    return this.#closing;
  }

  async #once<T>(work: (tx: Query) => Promise<T>, options: TransactionOptions): Promise<T> {
    const { deadline = defaultDeadline, relaxed = false } = options;
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw translatePostgres(error);
    });
    // The pool listens only while a connection is idle; the loss of this one shows in its next query.
    const ignore = () => {};
    client.on('error', ignore);
    const lease = new Lease(runnerOn(client, deadline > defaultDeadline ? deadline : undefined));
    let broken = true;
    try {
      await send(client, { text: relaxed ? `${begin}; set local synchronous_commit = off` : begin });
      const result = await withinDeadline(work(createQuery(dialect, lease, true)), lease, deadline);
      lease.assertSound();
      const { command } = await send(client, { text: 'commit' });
      broken = false;
      if (command !== 'COMMIT') throw new Error('PostgreSQL rolled the transaction back');
      return result;
    } catch (error) {
      // On a lost or hanging connection a rollback would only wait once more; the server does it by itself.
      const lost = lease.isLate || (error instanceof Refusal && error.code === 'service_unavailable');
      if (broken && !lost) broken = !(await this.#rolledBack(client));
      throw error;
    } finally {
      lease.end();
      client.off('error', ignore);
      client.release(broken);
    }
  }

  async #rolledBack(client: pg.ClientBase): Promise<boolean> {
    return client.query('rollback').then(
      () => true,
      () => false,
    );
  }

  /** Deadlocks and serialization failures are tried again; whether a lost connection had committed is unknown, so never. */
  async #again<T>(attempt: () => Promise<T>): Promise<T> {
    let waited = 0;
    for (let delay = 2; ; delay = Math.min(delay * 2, longestPause)) {
      try {
        return await attempt();
      } catch (error) {
        if (!isRepeatable(error)) throw error;
        if (waited >= this.#patience) throw storeUnavailable('PostgreSQL kept refusing to serialize', error);
      }
      // Not in step with whoever the deadlock was with.
      const jittered = delay * (0.5 + Math.random());
      await pause(jittered);
      waited += jittered;
    }
  }
}

/** Opens a pool and looks at the server once; refuses an unreachable or an old one with one line. */
export async function openPostgresStore(options: { url: Secret; patience: number }): Promise<Store> {
  const pool = createPool(options.url);
  try {
    await assertServer(pool, serverName(options.url));
  } catch (error) {
    await pool.end();
    throw error;
  }
  return new PostgresStore(pool, options.patience);
}
