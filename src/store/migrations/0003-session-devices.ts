import type { Migration } from './migration.js';

/** Null where a session is older than this. */
export const sessionDevices: Migration = {
  name: '0003-session-devices',
  tables: [],
  statements: (engine) => [
    'alter table sallyport_sessions add column opened_by text',
    'alter table sallyport_sessions add column device text',
    'alter table sallyport_sessions add column network text',
    `alter table sallyport_sessions add column last_seen_at ${engine === 'sqlite' ? 'integer' : 'bigint'}`,
  ],
};
