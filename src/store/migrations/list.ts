import { firstTables } from './0001-first-tables.js';
import { sessionScopes } from './0002-session-scopes.js';
import { sessionDevices } from './0003-session-devices.js';
import type { Migration } from './migration.js';

/** In the order in which they run. New ones go to the end. */
export const migrations: readonly Migration[] = [firstTables, sessionScopes, sessionDevices];
