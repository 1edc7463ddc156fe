import type { Migration } from './migration.js';

export const sessionScopes: Migration = {
  name: '0002-session-scopes',
  tables: [],
  statements: () => ['alter table sallyport_sessions add column scopes text'],
};
