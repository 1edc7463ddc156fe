import { z } from 'zod';
import type { ApiKeyEntry } from '../../api-keys/api-keys-queries.js';
import type { IssuedKey } from '../../flows/api-keys.js';

const time = z.iso.datetime();
const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

const told = {
  id: z.string().meta({ description: 'The part of the key that may be shown.' }),
  name: z.string(),
  scopes: z.array(z.string()),
  expires_at: time,
  created_at: time,
};

export const NewKey = z
  .object({ ...told, key: z.string().meta({ description: 'Told only now. Send it as `X-API-Key`.' }) })
  .meta({ id: 'NewApiKey' });

export const ApiKey = z
  .object({ ...told, last_used_at: time.nullable().meta({ description: 'To the minute.' }) })
  .meta({ id: 'ApiKey' });

const common = ({ id, name, scopes, expiresAt, createdAt }: Omit<ApiKeyEntry, 'lastUsedAt'>) => ({
  id,
  name,
  scopes: [...scopes],
  expires_at: iso(expiresAt),
  created_at: iso(createdAt),
});

export const toNewKey = (issued: IssuedKey): z.input<typeof NewKey> => ({
  ...common(issued),
  key: issued.key,
});

export const toApiKey = (entry: ApiKeyEntry): z.input<typeof ApiKey> => ({
  ...common(entry),
  last_used_at: entry.lastUsedAt === null ? null : iso(entry.lastUsedAt),
});
