import { type CompiledQuery, type Dialect, SqliteAdapter, SqliteQueryCompiler } from 'kysely';

/** `for update` and `for share` say nothing here: BEGIN IMMEDIATE has the whole file already. */
class Compiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(
    node: Parameters<SqliteQueryCompiler['visitSelectModifier']>[0],
  ): void {
    if (node.modifier?.startsWith('For') || node.modifier === 'SkipLocked' || node.modifier === 'NoWait')
      return;
    super.visitSelectModifier(node);
  }
}

/** Kysely's own SQLite compiler and adapter; the driver is the store. */
export const sqliteDialect: Dialect = {
  createDriver: () => {
    throw new TypeError('The store is the driver');
  },
  createQueryCompiler: () => new Compiler(),
  createAdapter: () => new SqliteAdapter(),
  createIntrospector: () => {
    throw new TypeError('Nothing foreign is looked at');
  },
};

const reads = /^\s*select\b/i;

/** What may go to the reading connection. `with` in raw SQL may hide a write, so it goes to the writer. */
export const isRead = ({ query, sql }: CompiledQuery): boolean =>
  query.kind === 'SelectQueryNode' || (query.kind === 'RawNode' && reads.test(sql));
