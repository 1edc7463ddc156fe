import { z } from 'zod';
import type { SessionEntry } from '../../tokens/session-queries.js';

const time = z.iso.datetime();

export const Session = z
  .object({
    id: z.uuid(),
    client_id: z.string(),
    device: z
      .string()
      .nullable()
      .meta({ description: 'What the client called itself.', examples: ['Firefox on Linux'] }),
    network: z
      .string()
      .nullable()
      .meta({
        description: 'Where it was opened from, shortened: an IPv4 /24, an IPv6 /48.',
        examples: ['203.0.113.0/24'],
      }),
    created_at: time,
    last_seen_at: time.meta({ description: 'To the minute.' }),
    expires_at: time,
    current: z.boolean().meta({ description: 'The session that asks.' }),
  })
  .meta({ id: 'Session' });

const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();

export const toSession = (entry: SessionEntry, current: string | undefined): z.input<typeof Session> => ({
  id: entry.sessionId,
  client_id: entry.clientId,
  device: entry.device,
  network: entry.network,
  created_at: isoTime(entry.createdAt),
  last_seen_at: isoTime(entry.lastSeenAt),
  expires_at: isoTime(entry.expiresAt),
  current: entry.sessionId === current,
});
