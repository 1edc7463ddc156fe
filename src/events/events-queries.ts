import type { SelectQueryBuilder } from 'kysely';
import { sha256 } from '../base/digest.js';
import { readCursor, writeCursor } from '../base/page-cursor.js';
import { uuidv7 } from '../base/random.js';
import { firstUuidOf } from '../base/uuid.js';
import type { Query } from '../store/connection.js';
import type { Tables } from '../store/tables.js';
import type { EventContext } from './event-context.js';
import { writeDetails } from './event-details.js';
import {
  type ChangeName,
  type DetailsOf,
  type EventName,
  eventTable,
  type RefusalName,
} from './event-table.js';

export interface NewEvent<Name extends EventName> {
  readonly name: Name;
  /** Who did it: an account's id; undefined for strangers, the server and the command line. */
  readonly actorId?: string | undefined;
  /** To whom it was done: an account's id. Never a typed identifier. */
  readonly subjectId?: string | undefined;
  readonly details?: DetailsOf<Name>;
}

export interface EventRecord {
  readonly id: string;
  /** A name of the table, or of a later version's. */
  readonly name: string;
  /** Milliseconds (UTC). Of a folded row: when its first refusal came. */
  readonly occurredAt: number;
  readonly outcome: string;
  readonly actorId: string | null;
  readonly subjectId: string | null;
  readonly requestId: string | null;
  readonly address: string | null;
  readonly details: Readonly<Record<string, string | number | boolean>> | null;
  /** How many refusals of the minute this row stands for. */
  readonly count: number;
}

/** Writes one event into the transaction of its change: both are kept, or neither (ASVS 16.3). */
export async function recordEvent<Name extends ChangeName>(
  tx: Query,
  event: NewEvent<Name>,
  context: EventContext,
): Promise<void> {
  await tx
    .insertInto('sallyport_events')
    .values(rowOf(event, context, null))
    .execute();
}

/**
 * Writes one refusal, folded: those of one kind (name and details), subject, network and minute are one row with a
 * count, by one atomic upsert, so that strangers cannot fill the disk. The row keeps the first one's time, request and
 * address. Never inside a transaction that rolls back.
 */
export async function recordRefusal<Name extends RefusalName>(
  db: Query,
  event: NewEvent<Name>,
  context: EventContext,
): Promise<void> {
  const minute = Math.floor(context.clock.now() / 60_000);
  const details = writeDetails(event.name, event.details);
  const folded = [
    event.name,
    details,
    event.actorId ?? null,
    event.subjectId ?? null,
    context.network ?? null,
    minute,
  ];
  await db
    .insertInto('sallyport_events')
    .values(rowOf(event, context, sha256(JSON.stringify(folded))))
    .onConflict((conflict) =>
      conflict.column('coalesce_key').doUpdateSet((eb) => ({ count: eb('sallyport_events.count', '+', 1) })),
    )
    .execute();
}

/** Which events are wanted; all that is given must hold. */
export interface EventFilter {
  readonly name?: EventName | undefined;
  readonly outcome?: 'success' | 'failure' | undefined;
  readonly actorId?: string | undefined;
  readonly subjectId?: string | undefined;
  readonly requestId?: string | undefined;
  /** Milliseconds; from this one on. */
  readonly since?: number | undefined;
  /** Milliseconds; before this one. */
  readonly until?: number | undefined;
}

export interface EventPage {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** The newest events first, `limit` a page; `cursor` is the last page's `nextCursor`, null at the end. A foreign one is 422. */
export async function listEvents(
  db: Query,
  page: EventPage,
  filter: EventFilter = {},
): Promise<{ items: EventRecord[]; nextCursor: string | null }> {
  const before = page.cursor === undefined ? undefined : readCursor(page.cursor);
  let query = filtered(db.selectFrom('sallyport_events'), filter)
    .selectAll()
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  if (before !== undefined) query = query.where('id', '<', before);
  const rows = await query.execute();
  const items = rows.slice(0, page.limit).map(recordOf);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > page.limit && last !== undefined ? writeCursor(last.id) : null };
}

/** Times are asked of the ids, which begin with the moment they were made at: they are the order that has an index. */
function filtered(
  events: SelectQueryBuilder<Tables, 'sallyport_events', object>,
  { name, outcome, actorId, subjectId, requestId, since, until }: EventFilter,
) {
  let query = events;
  if (name !== undefined) query = query.where('name', '=', name);
  if (outcome !== undefined) query = query.where('outcome', '=', outcome);
  if (actorId !== undefined) query = query.where('actor_id', '=', actorId);
  if (subjectId !== undefined) query = query.where('subject_id', '=', subjectId);
  if (requestId !== undefined) query = query.where('request_id', '=', requestId);
  if (since !== undefined) query = query.where('id', '>=', firstUuidOf(since));
  if (until !== undefined) query = query.where('id', '<', firstUuidOf(until));
  return query;
}

function rowOf(event: NewEvent<EventName>, context: EventContext, coalesceKey: string | null) {
  return {
    id: uuidv7(context.clock),
    name: event.name,
    occurred_at: context.clock.now(),
    outcome: eventTable[event.name].outcome,
    actor_id: event.actorId ?? null,
    subject_id: event.subjectId ?? null,
    request_id: context.requestId ?? null,
    address: context.address ?? null,
    details: writeDetails(event.name, event.details),
    count: 1,
    coalesce_key: coalesceKey,
  };
}

type Row = Omit<ReturnType<typeof rowOf>, 'name' | 'outcome' | 'coalesce_key'> & {
  name: string;
  outcome: string;
};

const recordOf = (row: Row): EventRecord => ({
  id: row.id,
  name: row.name,
  occurredAt: row.occurred_at,
  outcome: row.outcome,
  actorId: row.actor_id,
  subjectId: row.subject_id,
  requestId: row.request_id,
  address: row.address,
  details: row.details === null ? null : JSON.parse(row.details),
  count: row.count,
});
