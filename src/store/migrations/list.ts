import { firstTables } from './0001-first-tables.js';
import { sessionScopes } from './0002-session-scopes.js';
import { sessionDevices } from './0003-session-devices.js';
import { apiKeys } from './0004-api-keys.js';
import { eventFilters } from './0005-event-filters.js';
import type { Migration } from './migration.js';

/** In the order in which they run. New ones go to the end. */
export const migrations: readonly Migration[] = [
  firstTables,
  sessionScopes,
  sessionDevices,
  apiKeys,
  eventFilters,
];
