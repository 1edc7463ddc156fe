import type { Query } from '../store/connection.js';
import { type Holder, holderColumns, toHolder } from '../store/holder.js';
import { kept } from '../store/kept.js';

/** A key as its owner sees it. Times in milliseconds. */
export interface ApiKeyEntry {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number;
  /** To the minute; null where it was never used. */
  readonly lastUsedAt: number | null;
}

interface NewApiKey extends Omit<ApiKeyEntry, 'lastUsedAt'> {
  readonly accountId: string;
  readonly digest: string;
}

const listed = ['id', 'name', 'scopes', 'created_at', 'expires_at', 'last_used_at'] as const;

const splitScopes = (text: string): readonly string[] => (text === '' ? [] : text.split(' '));

export async function insertApiKey(tx: Query, key: NewApiKey): Promise<void> {
  await tx
    .insertInto('sallyport_api_keys')
    .values({
      id: key.id,
      account_id: key.accountId,
      name: key.name,
      digest: key.digest,
      scopes: key.scopes.join(' '),
      created_at: key.createdAt,
      expires_at: key.expiresAt,
      last_used_at: null,
      revoked_at: null,
    })
    .execute();
}

/** The live keys of an account, the newest first. */
export async function listApiKeys(
  db: Query,
  accountId: string,
  now: number,
): Promise<readonly ApiKeyEntry[]> {
  const rows = await db
    .selectFrom('sallyport_api_keys')
    .select(listed)
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    scopes: splitScopes(row.scopes),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  }));
}

const live = (tx: Query, keyId: string, accountId: string, now: number) =>
  tx
    .updateTable('sallyport_api_keys')
    .where('id', '=', keyId)
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now);

/** True for the one call that ended it. */
export async function revokeApiKey(
  tx: Query,
  keyId: string,
  accountId: string,
  now: number,
): Promise<boolean> {
  const query = live(tx, keyId, accountId, now).set({ revoked_at: now });
  return (await query.executeTakeFirst()).numUpdatedRows > 0n;
}

/** Every live key of an account ends. Tells how many. */
export async function revokeApiKeysOf(tx: Query, accountId: string, now: number): Promise<number> {
  const query = tx
    .updateTable('sallyport_api_keys')
    .set({ revoked_at: now })
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null);
  return Number((await query.executeTakeFirst()).numUpdatedRows);
}

/** A key that is rotated lives until then, never longer than before. False where there is no such live one. */
export async function shortenApiKey(
  tx: Query,
  key: { readonly id: string; readonly accountId: string; readonly until: number; readonly now: number },
): Promise<boolean> {
  const query = live(tx, key.id, key.accountId, key.now).set((eb) => ({
    expires_at: eb.case().when('expires_at', '>', key.until).then(key.until).else(eb.ref('expires_at')).end(),
  }));
  return (await query.executeTakeFirst()).numUpdatedRows > 0n;
}

export async function writeLastUsed(tx: Query, keyId: string, at: number): Promise<void> {
  await tx
    .updateTable('sallyport_api_keys')
    .set({ last_used_at: at })
    .where('id', '=', keyId)
    .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', at)]))
    .execute();
}

const keyWithAccount = kept((db: Query, keyId: string) =>
  db
    .selectFrom('sallyport_api_keys as k')
    .innerJoin('sallyport_accounts as a', 'a.id', 'k.account_id')
    .select([
      'k.account_id',
      'k.digest',
      'k.scopes',
      'k.expires_at',
      'k.last_used_at',
      'k.revoked_at',
      ...holderColumns,
    ])
    .where('k.id', '=', keyId),
);

/** Who stands behind a key, as the database says at this moment. */
export interface KeyHolder {
  readonly digest: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
  readonly lastUsedAt: number;
  readonly revokedAt: number | null;
  readonly account: Holder;
}

/** The one read of a request by key: key and account in one row. */
export async function loadKeyHolder(db: Query, keyId: string): Promise<KeyHolder | undefined> {
  const row = await keyWithAccount(db, keyId);
  if (row === undefined) return undefined;
  return {
    digest: row.digest,
    scopes: splitScopes(row.scopes),
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at ?? 0,
    revokedAt: row.revoked_at,
    account: toHolder(row),
  };
}
