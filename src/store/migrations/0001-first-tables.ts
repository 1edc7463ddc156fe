import type { Engine } from '../query.js';
import type { Migration } from './migration.js';

/** Unique columns are named `table__column` for PostgreSQL, so that a violation tells which one (isUniqueViolation). */
function tables(engine: Engine): string[] {
  const sqlite = engine === 'sqlite';
  const integer = sqlite ? 'integer' : 'bigint';
  const boolean = sqlite ? 'integer' : 'boolean';
  const strict = sqlite ? ' strict' : '';
  const keyed = sqlite ? ' strict, without rowid' : '';
  // A row number of our own: the search index refers to it, and VACUUM may change one that is not declared.
  const accountKey = sqlite ? 'row_number integer primary key, id text not null unique' : 'id text not null';
  const key = (table: string, column: string) =>
    sqlite ? `primary key (${column})` : `constraint sallyport_${table}__${column} primary key (${column})`;
  const unique = (table: string, column: string) =>
    `constraint sallyport_${table}__${column} unique (${column})`;
  return [
    `create table sallyport_accounts (${accountKey}, email text not null, email_key text not null, username text not null,
      password_hash text not null, password_version ${integer} not null, full_name text, bio text, role text not null,
      is_active ${boolean} not null, search_text text not null, created_at ${integer} not null,
      updated_at ${integer} not null,${sqlite ? '' : ` ${key('accounts', 'id')},`}
      ${unique('accounts', 'email_key')}, ${unique('accounts', 'username')})${strict}`,
    `create table sallyport_sessions (id text not null, account_id text not null
      references sallyport_accounts (id) on delete cascade, client_id text not null, created_at ${integer} not null,
      expires_at ${integer} not null, revoked_at ${integer}, revoked_reason text, ${key('sessions', 'id')})${keyed}`,
    `create table sallyport_refresh_tokens (digest text not null, session_id text not null
      references sallyport_sessions (id) on delete cascade, created_at ${integer} not null, consumed_at ${integer},
      successor_seed text, successor_digest text, ${key('refresh_tokens', 'digest')})${keyed}`,
    `create table sallyport_events (id text not null, name text not null, occurred_at ${integer} not null,
      outcome text not null, actor_id text, subject_id text, request_id text, address text, details text,
      count ${integer} not null, coalesce_key text, ${key('events', 'id')},
      ${unique('events', 'coalesce_key')})${keyed}`,
    `create table sallyport_counters (key text not null, hits ${integer} not null,
      expires_at ${integer} not null, ${key('counters', 'key')})${keyed}`,
    `create table sallyport_throttles (key text not null, failures ${integer} not null,
      blocked_until ${integer} not null, expires_at ${integer} not null, ${key('throttles', 'key')})${keyed}`,
  ];
}

const indexes = [
  'create index sallyport_accounts_role on sallyport_accounts (role, id)',
  'create index sallyport_sessions_account on sallyport_sessions (account_id)',
  'create index sallyport_sessions_expiry on sallyport_sessions (expires_at)',
  'create index sallyport_refresh_tokens_session on sallyport_refresh_tokens (session_id, created_at)',
  'create index sallyport_refresh_tokens_seeded on sallyport_refresh_tokens (session_id) where successor_seed is not null',
  'create index sallyport_refresh_tokens_seed on sallyport_refresh_tokens (consumed_at) where successor_seed is not null',
  'create index sallyport_counters_expiry on sallyport_counters (expires_at)',
  'create index sallyport_throttles_expiry on sallyport_throttles (expires_at)',
];

/**
 * Every three characters of every name, with a blank before it, so that ` ab` finds the beginnings of words. Deleted names
 * leave the index at once (secure-delete). PostgreSQL's comes from `trigramIndex`, because its server may not have it.
 */
const sqliteSearch = [
  `create view sallyport_accounts_words as select row_number, ' ' || search_text as words from sallyport_accounts`,
  `create virtual table sallyport_accounts_search using fts5 (words, content = 'sallyport_accounts_words',
    content_rowid = 'row_number', tokenize = 'trigram case_sensitive 1', columnsize = 0)`,
  `insert into sallyport_accounts_search (sallyport_accounts_search, rank) values ('secure-delete', 1)`,
  `create trigger sallyport_accounts_search_insert after insert on sallyport_accounts begin
    insert into sallyport_accounts_search (rowid, words) values (new.row_number, ' ' || new.search_text); end`,
  `create trigger sallyport_accounts_search_delete after delete on sallyport_accounts begin
    insert into sallyport_accounts_search (sallyport_accounts_search, rowid, words)
    values ('delete', old.row_number, ' ' || old.search_text); end`,
  `create trigger sallyport_accounts_search_update after update of search_text on sallyport_accounts
    when old.search_text <> new.search_text begin
    insert into sallyport_accounts_search (sallyport_accounts_search, rowid, words)
    values ('delete', old.row_number, ' ' || old.search_text);
    insert into sallyport_accounts_search (rowid, words) values (new.row_number, ' ' || new.search_text); end`,
];

export const firstTables: Migration = {
  name: '0001-first-tables',
  tables: [
    'sallyport_accounts',
    'sallyport_sessions',
    'sallyport_refresh_tokens',
    'sallyport_events',
    'sallyport_counters',
    'sallyport_throttles',
  ],
  statements: (engine) => [...tables(engine), ...indexes, ...(engine === 'sqlite' ? sqliteSearch : [])],
};
