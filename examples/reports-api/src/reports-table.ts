import type { OwnStore } from 'sallyport';

/** Our table beside Sallyport's, as `store.db.withTables<ReportTables>()` wants it. */
export type ReportTables = {
  readonly reports: {
    readonly id: string;
    /** Null where the author left; only what was published outlives its author. */
    readonly owner_id: string | null;
    readonly title: string;
    readonly text: string;
    /** Milliseconds (UTC). */
    readonly created_at: number;
    readonly published_at: number | null;
  };
};

/**
 * Makes the table where it is not there yet. A larger application takes the migration tool that it likes: Sallyport
 * touches no table whose name does not begin with sallyport_.
 */
export async function migrateReports(store: OwnStore): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.schema
      .createTable('reports')
      .ifNotExists()
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('owner_id', 'text', (column) =>
        column.references('sallyport_accounts.id').onDelete('cascade'),
      )
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('text', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('published_at', 'bigint')
      .execute();
    await tx.schema
      .createIndex('reports_owner_idx')
      .ifNotExists()
      .on('reports')
      .columns(['owner_id', 'created_at'])
      .execute();
  });
}
