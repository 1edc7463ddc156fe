import type { Migration } from './migration.js';

export const apiKeys: Migration = {
  name: '0004-api-keys',
  tables: ['sallyport_api_keys'],
  statements: (engine) => {
    const sqlite = engine === 'sqlite';
    const integer = sqlite ? 'integer' : 'bigint';
    const key = sqlite ? 'primary key (id)' : 'constraint sallyport_api_keys__id primary key (id)';
    return [
      `create table sallyport_api_keys (id text not null, account_id text not null
        references sallyport_accounts (id) on delete cascade, name text not null, digest text not null,
        scopes text not null, created_at ${integer} not null, expires_at ${integer} not null, last_used_at ${integer},
        revoked_at ${integer}, ${key})${sqlite ? ' strict, without rowid' : ''}`,
      'create index sallyport_api_keys_account on sallyport_api_keys (account_id)',
      'create index sallyport_api_keys_expiry on sallyport_api_keys (expires_at)',
    ];
  },
};
