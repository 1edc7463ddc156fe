import { z } from 'zod';
import type { Routes } from '../access/create-routes.js';
import { requireAdmin } from '../access/require-role.js';
import { type EventRecord, listEvents } from '../events/events-queries.js';
import type { Store } from '../store/connection.js';
import { pageLimit } from './schemas/page-limit.js';

const Event = z
  .object({
    id: z.uuid(),
    name: z.string(),
    occurred_at: z.iso.datetime(),
    outcome: z.string(),
    actor_id: z.string().nullable(),
    subject_id: z.string().nullable(),
    request_id: z.string().nullable(),
    address: z.string().nullable(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullable(),
    count: z.number().int().meta({ description: 'How many refusals of one minute this row stands for.' }),
  })
  .meta({ id: 'Event' });

const EventPage = z
  .object({ items: z.array(Event), next_cursor: z.string().nullable() })
  .meta({ id: 'EventPage' });

const EventQuery = z.strictObject({
  limit: pageLimit,
  cursor: z.string().max(200).optional().meta({ description: '`next_cursor` of the page before.' }),
});

const toEvent = (event: EventRecord): z.input<typeof Event> => ({
  id: event.id,
  name: event.name,
  occurred_at: new Date(event.occurredAt).toISOString(),
  outcome: event.outcome,
  actor_id: event.actorId,
  subject_id: event.subjectId,
  request_id: event.requestId,
  address: event.address,
  details: event.details && { ...event.details },
  count: event.count,
});

/** Who did what, when, from where: newest first. */
export function addEventRoutes(routes: Routes, store: Store): void {
  routes.get(
    '/events',
    {
      needs: { admin: requireAdmin },
      query: EventQuery,
      response: { 200: EventPage },
      summary: 'Security events, newest first',
      tags: ['events'],
    },
    async ({ query }) => {
      const page = await listEvents(store.db, query);
      return { items: page.items.map(toEvent), next_cursor: page.nextCursor };
    },
  );
}
