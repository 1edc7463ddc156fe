import type { Compilable } from 'kysely';
import { type Engine, type KeptStatement, type Query, runnerOf } from './query.js';

/** Stands for a parameter while the query is built; its place in the compiled text is found again by identity. */
class Slot {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

interface Kept extends KeptStatement {
  readonly parameters: readonly unknown[];
}

let made = 0;

function compile(built: Compilable<unknown>): Kept {
  const { sql, parameters, query } = built.compile();
  made += 1;
  return { id: made, sql, parameters, reads: query.kind === 'SelectQueryNode' };
}

/**
 * A query for the hot path: built and compiled once an engine, prepared once a connection, then only bound.
 * `build` sees placeholders for its parameters, so it must not look at their values (no `if`, no lists, no null).
 * Gives the first row. Works on `store.db` and inside a transaction.
 */
export function kept<P extends readonly unknown[], R>(
  build: (db: Query, ...parameters: P) => Compilable<R>,
): (db: Query, ...parameters: P) => Promise<R | undefined> {
  const compiled: Partial<Record<Engine, Kept>> = {};
  return (db, ...parameters) => {
    const runner = runnerOf(db);
    let statement = compiled[runner.engine];
    if (statement === undefined) {
      const slots = parameters.map((_, index) => new Slot(index)) as unknown as P;
      statement = compile(build(db, ...slots));
      compiled[runner.engine] = statement;
    }
    const bound = statement.parameters.map((value) =>
      value instanceof Slot ? parameters[value.index] : value,
    );
    return runner.first(statement, bound) as Promise<R | undefined>;
  };
}
