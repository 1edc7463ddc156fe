import { AsyncLocalStorage } from 'node:async_hooks';
import { assertKnownOptions } from '../base/known-options.js';
import type { Store } from '../store/connection.js';
import { type OwnQuery, toOwnQuery } from '../store/own-query.js';
import type { Engine } from '../store/query.js';
import type { TransactionOptions } from '../store/store.js';

/** The database that the accounts lie in, for an application's own tables beside them. */
export interface OwnStore {
  readonly engine: Engine;
  /** Single statements, each committed by itself. */
  readonly db: OwnQuery;
  /**
   * All or nothing; what the work throws rolls back and passes through. Inside, await nothing but `tx`: on SQLite there is
   * one writer, which everybody else waits for. What is not done within `deadline` milliseconds (5,000) is rolled back and
   * answers 503. The work may run twice, where two transactions got in each other's way.
   */
  transaction<T>(work: (tx: OwnQuery) => Promise<T>, options?: OwnTransactionOptions): Promise<T>;
}

/** `deadline`: milliseconds, 5,000 by default, after which a transaction is rolled back and answers 503. */
export type OwnTransactionOptions = Pick<TransactionOptions, 'deadline'>;

/** Whether somebody is in a transaction of the application's, however deep in its calls. */
const inside = new AsyncLocalStorage<true>();

/** Runs what must not open a transaction of its own, and says so where it tries. */
export const withinTransaction = <T>(work: () => T): T => inside.run(true, work);

export const toOwnStore = (store: Store): OwnStore => ({
  engine: store.engine,
  db: toOwnQuery(store.db),
  transaction: (work, options = {}) => {
    assertKnownOptions('store.transaction', options, ['deadline']);
    if (inside.getStore())
      throw new Error(
        'store.transaction inside a transaction would wait for itself: use the tx that you have, and afterCommit for what comes later.',
      );
    const { deadline } = options;
    return withinTransaction(() =>
      store.transaction((tx) => work(toOwnQuery(tx)), deadline === undefined ? {} : { deadline }),
    );
  },
});
