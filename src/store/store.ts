import type { Engine, Query } from './query.js';

export interface TransactionOptions {
  /** Milliseconds, 5,000 by default. What is not done by then is rolled back and answers 503. */
  readonly deadline?: number;
  /** As `Store.relaxed`: the commit does not wait for the disk. */
  readonly relaxed?: boolean;
}

/** The accounts' database, whichever engine it is. Nothing outside store/ asks which one. */
export interface Store {
  readonly engine: Engine;
  /** What a start should say once: an altered journal mode, a missing trigram index. One line each. */
  readonly notices: string[];
  /** Single statements in autocommit. */
  readonly db: Query;
  /**
   * As `db`, but a write need not wait until the disk has it: for counts, of which the last may go when the machine loses
   * its power. A process that dies loses nothing of it.
   */
  readonly relaxed: Query;
  /**
   * All or nothing. BEGIN IMMEDIATE under a fair queue on SQLite, READ COMMITTED on PostgreSQL; a busy file, a
   * serialization failure or a deadlock is tried again for up to 5 s. What the work throws rolls back and passes
   * through; a store that is away throws Refusal `service_unavailable`. Inside, await nothing but the store, and use
   * `tx` alone: the work may run twice, and waiting for `store.db` would wait for itself.
   */
  transaction<T>(work: (tx: Query) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Throws `service_unavailable` when the store does not answer within 1 s. */
  ping(): Promise<void>;
  /** Waits for what runs, then lets go of every file and connection. */
  close(): Promise<void>;
}
