import type { OwnQuery, OwnStore } from 'sallyport';
import type { ReportTables } from './reports-table.js';

export type Report = ReportTables['reports'];

export interface Draft {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly createdAt: number;
}

/** Every query on reports. Whose a report is stands in its SQL: somebody else's is not found, whatever a route forgets. */
export function reportsOf(store: OwnStore) {
  const db = store.db.withTables<ReportTables>();
  return {
    async create(ownerId: string, { id, title, text, createdAt }: Draft): Promise<Report> {
      return db
        .insertInto('reports')
        .values({ id, owner_id: ownerId, title, text, created_at: createdAt, published_at: null })
        .returningAll()
        .executeTakeFirstOrThrow();
    },

    /** Newest first. */
    async listOf(ownerId: string, limit: number): Promise<readonly Report[]> {
      return db
        .selectFrom('reports')
        .selectAll()
        .where('owner_id', '=', ownerId)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .limit(limit)
        .execute();
    },

    async findOf(ownerId: string, id: string): Promise<Report | undefined> {
      return db
        .selectFrom('reports')
        .selectAll()
        .where('owner_id', '=', ownerId)
        .where('id', '=', id)
        .executeTakeFirst();
    },

    /** Whether there was such a report. */
    async removeOf(ownerId: string, id: string): Promise<boolean> {
      const removed = await db
        .deleteFrom('reports')
        .where('owner_id', '=', ownerId)
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      return removed !== undefined;
    },

    /** Of two editors who publish at once, one gets the report: the row that came back is the verdict. */
    async publish(id: string, at: number): Promise<Report | 'published before' | undefined> {
      const published = await db
        .updateTable('reports')
        .set({ published_at: at })
        .where('id', '=', id)
        .where('published_at', 'is', null)
        .returningAll()
        .executeTakeFirst();
      if (published !== undefined) return published;
      const found = await db.selectFrom('reports').select('id').where('id', '=', id).executeTakeFirst();
      return found && 'published before';
    },

    /** Newest first, with the author's name where the author is still with us. */
    async listPublished(limit: number) {
      return db
        .selectFrom('reports')
        .leftJoin('sallyport_accounts', 'sallyport_accounts.id', 'reports.owner_id')
        .select(['reports.id', 'title', 'text', 'published_at', 'username as author'])
        .where('published_at', 'is not', null)
        .orderBy('published_at', 'desc')
        .orderBy('reports.id')
        .limit(limit)
        .execute();
    },
  };
}

export type Reports = ReturnType<typeof reportsOf>;

/** In the transaction in which their author leaves: drafts go with the account, what was published stays. */
export async function keepPublished(tx: OwnQuery, ownerId: string): Promise<void> {
  await tx
    .withTables<ReportTables>()
    .updateTable('reports')
    .set({ owner_id: null })
    .where('owner_id', '=', ownerId)
    .where('published_at', 'is not', null)
    .execute();
}
