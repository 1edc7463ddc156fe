import { z } from 'zod';
import type { Routes } from '../access/create-routes.js';
import { requireAdmin } from '../access/require-role.js';
import { type EventName, eventTable } from '../events/event-table.js';
import { type EventFilter, listEvents } from '../events/events-queries.js';
import type { Store } from '../store/connection.js';
import { Event, toEvent } from './schemas/event-schemas.js';
import { pageLimit } from './schemas/page-limit.js';

const EventPage = z
  .object({ items: z.array(Event), next_cursor: z.string().nullable() })
  .meta({ id: 'EventPage' });

const time = (words: string) => z.iso.datetime({ offset: true }).optional().meta({ description: words });

const EventQuery = z.strictObject({
  name: z.enum(Object.keys(eventTable) as [EventName, ...EventName[]]).optional(),
  outcome: z.enum(['success', 'failure']).optional(),
  actor_id: z.uuid().optional().meta({ description: 'Who did it.' }),
  subject_id: z.uuid().optional().meta({ description: 'To whom it was done.' }),
  request_id: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional()
    .meta({ description: 'As in `X-Request-ID` and in every refusal.' }),
  since: time('From this moment on.'),
  until: time('Before this moment.'),
  limit: pageLimit,
  cursor: z.string().max(200).optional().meta({ description: '`next_cursor` of the page before.' }),
});

const milliseconds = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);

const filterOf = (query: z.output<typeof EventQuery>): EventFilter => ({
  name: query.name,
  outcome: query.outcome,
  actorId: query.actor_id,
  subjectId: query.subject_id,
  requestId: query.request_id,
  since: milliseconds(query.since),
  until: milliseconds(query.until),
});

/** Who did what, when, from where: newest first. */
export function addEventRoutes(routes: Routes, store: Store): void {
  routes.get(
    '/events',
    {
      needs: { admin: requireAdmin },
      query: EventQuery,
      response: { 200: EventPage },
      summary: 'Security events, newest first, by what they are about',
      tags: ['events'],
    },
    async ({ query }) => {
      const page = await listEvents(store.db, query, filterOf(query));
      return { items: page.items.map(toEvent), next_cursor: page.nextCursor };
    },
  );
}
