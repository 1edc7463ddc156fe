import { z } from 'zod';
import type { EventRecord } from '../../events/events-queries.js';

export const Event = z
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

export const toEvent = (event: EventRecord): z.input<typeof Event> => ({
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
