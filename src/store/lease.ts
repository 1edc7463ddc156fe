import type { CompiledQuery, QueryResult } from 'kysely';
import type { KeptStatement, Runner } from './query.js';
import { storeUnavailable } from './store-errors.js';

/**
 * The right to use a transaction's connection, until it ends. A `tx` that outlives its transaction would otherwise
 * write into somebody else's; and a failed statement dooms the whole on both engines, as PostgreSQL has it.
 */
export class Lease implements Runner {
  readonly engine;
  readonly #inner: Runner;
  #over: Error | undefined;
  #failure: unknown;
  #late = false;

  constructor(inner: Runner) {
    this.engine = inner.engine;
    this.#inner = inner;
  }

  execute(query: CompiledQuery): Promise<QueryResult<unknown>> {
    return this.#guarded(() => this.#inner.execute(query));
  }

  first(statement: KeptStatement, parameters: readonly unknown[]): Promise<unknown> {
    return this.#guarded(() => this.#inner.first(statement, parameters));
  }

  /** After this nothing more runs on it. */
  end(): void {
    this.#over ??= new Error('This transaction is over');
  }

  /** Past its deadline: a statement may still be running. */
  expire(error: Error): void {
    this.#over ??= error;
    this.#late = true;
  }

  get isLate(): boolean {
    return this.#late;
  }

  /** Before a commit: throws what failed inside, even if the work swallowed it. */
  assertSound(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #guarded<T>(run: () => Promise<T>): Promise<T> {
    if (this.#over !== undefined) throw this.#over;
    this.assertSound();
    try {
      return await run();
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }
}

/** Ends the lease and rejects when the work takes longer: a hanging transaction must not hold all others. */
export function withinDeadline<T>(work: Promise<T>, lease: Lease, milliseconds: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      const late = storeUnavailable(
        `A transaction took longer than ${milliseconds} ms: inside, await nothing but its own tx. In a hook of an account, what is slower belongs into afterCommit`,
      );
      lease.expire(late);
      reject(late);
    }, milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
