import type { CompiledQuery } from 'kysely';
import { Lease, withinDeadline } from '../lease.js';
import { createQuery, type KeptStatement, type Query, type Runner } from '../query.js';
import type { Store, TransactionOptions } from '../store.js';
import { isRead, sqliteDialect } from './dialect.js';
import { type OpenedFile, openSqliteFile, type SqliteFileOptions } from './open-file.js';
import { patiently } from './patience.js';
import type { SqliteConnection } from './sqlite-connection.js';
import { WriteQueue } from './write-queue.js';

const defaultDeadline = 5_000;

/** Two connections on one file: R reads in autocommit and never waits, W writes under the queue. */
class SqliteStore implements Store {
  readonly engine = 'sqlite';
  readonly notices: string[];
  readonly db: Query;
  readonly relaxed: Query;
  readonly #file: OpenedFile;
  readonly #reader: SqliteConnection;
  readonly #writer: SqliteConnection;
  readonly #queue: WriteQueue;
  readonly #patience: number;
  #closing: Promise<void> | undefined;

  constructor(file: OpenedFile, patience: number) {
    this.notices = file.notices;
    this.#file = file;
    this.#reader = file.reader;
    this.#writer = file.writer;
    this.#queue = new WriteQueue(patience);
    this.#patience = patience;
    this.db = createQuery(sqliteDialect, this.#alone(false));
    this.relaxed = createQuery(sqliteDialect, this.#alone(true));
  }

  transaction<T>(work: (tx: Query) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return this.#inTurn(options.relaxed ?? false, async () => {
      await patiently(this.#writer, this.#patience, () => this.#writer.exec('begin immediate'));
      const lease = new Lease(this.#insideTransaction);
      try {
        const tx = createQuery(sqliteDialect, lease, true);
        const result = await withinDeadline(work(tx), lease, options.deadline ?? defaultDeadline);
        lease.assertSound();
        await patiently(this.#writer, this.#patience, () => this.#writer.exec('commit'));
        return result;
      } finally {
        lease.end();
        this.#rollBack();
      }
    });
  }

  async ping(): Promise<void> {
    await patiently(this.#reader, Math.min(1_000, this.#patience), () =>
      this.#reader.execute('select 1', []),
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue.close().then(() => this.#file.close());
    return this.#closing;
  }

  readonly #insideTransaction: Runner = {
    engine: 'sqlite',
    execute: async ({ sql, parameters }) => this.#inTransaction(() => this.#writer.execute(sql, parameters)),
    first: async (statement, parameters) =>
      this.#inTransaction(() => this.#writer.first(statement, parameters)),
  };

  /** A full disk makes SQLite roll back by itself; what came after would then be committed piece by piece. */
  #inTransaction<T>(run: () => T): Promise<T> {
    if (!this.#writer.inTransaction) throw new Error('SQLite ended the transaction by itself');
    return patiently(this.#writer, 0, run);
  }

  #rollBack(): void {
    if (!this.#writer.inTransaction) return;
    try {
      this.#writer.exec('rollback');
    } catch {
      this.#writer.discard();
    }
  }

  /** Single statements, each committed by itself. */
  #alone(relaxed: boolean): Runner {
    const write = <T>(run: (writer: SqliteConnection) => T): Promise<T> =>
      this.#inTurn(relaxed, () => patiently(this.#writer, this.#patience, () => run(this.#writer)));
    return {
      engine: 'sqlite',
      execute: (query: CompiledQuery) => {
        const { sql, parameters } = query;
        if (isRead(query)) return this.#read((reader) => reader.execute(sql, parameters));
        return write((writer) => writer.execute(sql, parameters));
      },
      first: (statement: KeptStatement, parameters) => {
        if (statement.reads) return this.#read((reader) => reader.first(statement, parameters));
        return write((writer) => writer.first(statement, parameters));
      },
    };
  }

  /** A wait for the disk holds up the whole process, so a relaxed write does without. */
  #inTurn<T>(relaxed: boolean, work: () => Promise<T>): Promise<T> {
    if (!relaxed) return this.#queue.run(work);
    return this.#queue.run(async () => {
      this.#writer.setDurable(false);
      try {
        return await work();
      } finally {
        this.#writer.setDurable(true);
      }
    });
  }

  /** In memory there is one connection only, so a read waits for its turn instead of seeing half a transaction. */
  #read<T>(run: (reader: SqliteConnection) => T): Promise<T> {
    const attempt = () => patiently(this.#reader, this.#patience, () => run(this.#reader));
    if (this.#reader === this.#writer) return this.#queue.run(attempt);
    try {
      return Promise.resolve(run(this.#reader));
    } catch {
      // The hot path does without patience; a read that failed is simply read again.
      return attempt();
    }
  }
}

export async function openSqliteStore(options: SqliteFileOptions): Promise<Store> {
  return new SqliteStore(await openSqliteFile(options), options.patience);
}
