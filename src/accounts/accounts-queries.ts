import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Clock } from '../base/clock.js';
import { InvalidInput, Refusal } from '../base/errors.js';
import { uuidv7 } from '../base/random.js';
import type { Query } from '../store/connection.js';
import { kept } from '../store/kept.js';
import { isUniqueViolation } from '../store/store-errors.js';
import type { Tables } from '../store/tables.js';
import type { Account, RoleName } from './account.js';
import { emailKey, emailProblem } from './email-address.js';
import { foldUsername, parseIdentifier } from './identity.js';
import { searchText } from './search-text.js';

type AccountTable = Tables['sallyport_accounts'];

/** What an Account is made of; no query ever asks for more but the two that say so. */
export const accountColumns = [
  'id',
  'email',
  'username',
  'full_name',
  'bio',
  'role',
  'is_active',
  'created_at',
  'password_version',
] as const;

type AccountRow = Pick<Selectable<AccountTable>, (typeof accountColumns)[number]>;

export interface AccountWithPassword {
  readonly account: Account;
  readonly passwordHash: string;
}

export interface NewAccount {
  readonly email: string;
  readonly username: string;
  readonly passwordHash: string;
  readonly fullName: string | null;
  readonly bio: string | null;
  readonly role: RoleName;
}

export function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    email: row.email,
    username: row.username,
    fullName: row.full_name,
    bio: row.bio,
    role: row.role,
    isActive: row.is_active,
    createdAt: row.created_at,
    passwordVersion: row.password_version,
  };
}

const withPassword = (row: AccountRow & { readonly password_hash: string }): AccountWithPassword => ({
  account: toAccount(row),
  passwordHash: row.password_hash,
});

const selectAccount = (db: Query) => db.selectFrom('sallyport_accounts').select(accountColumns);

const byId = kept((db: Query, id: string) => selectAccount(db).where('id', '=', id));
const byIdWithPassword = kept((db: Query, id: string) =>
  selectAccount(db).select('password_hash').where('id', '=', id),
);
const byEmailKey = kept((db: Query, key: string) =>
  selectAccount(db).select('password_hash').where('email_key', '=', key),
);
const byUsername = kept((db: Query, username: string) =>
  selectAccount(db).select('password_hash').where('username', '=', username),
);

/** The account as it is stored. Undefined where there is none. */
export async function findAccount(db: Query, id: string): Promise<Account | undefined> {
  const row = await byId(db, id);
  return row && toAccount(row);
}

export async function findWithPassword(db: Query, id: string): Promise<AccountWithPassword | undefined> {
  const row = await byIdWithPassword(db, id);
  return row && withPassword(row);
}

/** By e-mail address (where there is an `@`) or username, whatever the case of its ASCII letters. Takes any text. */
export async function findByIdentifier(
  db: Query,
  identifier: string,
): Promise<AccountWithPassword | undefined> {
  const parsed = parseIdentifier(identifier);
  // What nobody can bear is not looked for: NUL and lone surrogates would be an error on PostgreSQL.
  if (parsed === undefined) return undefined;
  const row = await (parsed.column === 'email_key' ? byEmailKey : byUsername)(db, parsed.value);
  return row && withPassword(row);
}

function newRow(account: NewAccount, clock: Clock): Insertable<AccountTable> {
  const key = emailKey(account.email);
  if (key === undefined) throw invalidEmail(account.email);
  const now = clock.now();
  return {
    id: uuidv7(clock),
    email: account.email,
    email_key: key,
    username: foldUsername(account.username),
    password_hash: account.passwordHash,
    password_version: 1,
    full_name: account.fullName,
    bio: account.bio,
    role: account.role,
    is_active: true,
    search_text: searchText(account.fullName ?? ''),
    created_at: now,
    updated_at: now,
  };
}

function invalidEmail(email: string): InvalidInput {
  const problem = emailProblem(email);
  return new InvalidInput(problem === undefined ? [] : [{ loc: ['body', 'email'], ...problem }]);
}

/**
 * Makes an account, active, with a new id. The unique indexes have the last word: `email_taken` or `username_taken`,
 * which must end the transaction. The texts have been judged before; an e-mail address that is none is a 422.
 */
export async function insertAccount(tx: Query, account: NewAccount, clock: Clock): Promise<Account> {
  const row = newRow(account, clock);
  try {
    const query = tx.insertInto('sallyport_accounts').values(row).returning(accountColumns);
    return toAccount(await query.executeTakeFirstOrThrow());
  } catch (error) {
    const column = isUniqueViolation(error);
    if (column === 'email_key') throw new Refusal('email_taken', { cause: error });
    if (column === 'username') throw new Refusal('username_taken', { cause: error });
    throw error;
  }
}

async function update(
  tx: Query,
  id: string,
  change: Updateable<AccountTable>,
  clock: Clock,
): Promise<boolean> {
  const query = tx
    .updateTable('sallyport_accounts')
    .set({ ...change, updated_at: clock.now() })
    .where('id', '=', id);
  return (await query.executeTakeFirst()).numUpdatedRows > 0n;
}

export interface ProfileUpdate {
  readonly fullName?: string | null | undefined;
  readonly bio?: string | null | undefined;
}

/** Changes what is given, `null` taking it away. False where there is no such account. */
export function updateProfile(tx: Query, id: string, profile: ProfileUpdate, clock: Clock): Promise<boolean> {
  const { fullName, bio } = profile;
  const name = fullName === undefined ? {} : { full_name: fullName, search_text: searchText(fullName ?? '') };
  return update(tx, id, { ...name, ...(bio === undefined ? {} : { bio }) }, clock);
}

/** False where there is no such account. Lock the admins first where one might be the last. */
export const setRole = (tx: Query, id: string, role: RoleName, clock: Clock): Promise<boolean> =>
  update(tx, id, { role }, clock);

/** False where there is no such account. Lock the admins first where one might be the last. */
export const setActive = (tx: Query, id: string, isActive: boolean, clock: Clock): Promise<boolean> =>
  update(tx, id, { is_active: isActive }, clock);

export interface PasswordChange {
  /** True for a new password, false for the same one hashed anew. */
  readonly bumpVersion: boolean;
  /** Only where the password is still the one that was proven: else a slow rehash would bring an old password back. */
  readonly ifVersion?: number;
}

/** False where there is no such account, or its password has another version by now. */
export async function setPasswordHash(
  tx: Query,
  id: string,
  passwordHash: string,
  change: PasswordChange,
  clock: Clock,
): Promise<boolean> {
  const { bumpVersion, ifVersion } = change;
  const query = tx
    .updateTable('sallyport_accounts')
    .set((of) => ({
      password_hash: passwordHash,
      password_version: bumpVersion ? of('password_version', '+', 1) : of.ref('password_version'),
      updated_at: clock.now(),
    }))
    .where('id', '=', id)
    .$if(ifVersion !== undefined, (only) => only.where('password_version', '=', ifVersion ?? 0));
  return (await query.executeTakeFirst()).numUpdatedRows > 0n;
}

/** Removes the account; its sessions and refresh tokens go with it. False where there is none. */
export async function deleteAccount(tx: Query, id: string): Promise<boolean> {
  const query = tx.deleteFrom('sallyport_accounts').where('id', '=', id);
  return (await query.executeTakeFirst()).numDeletedRows > 0n;
}

/** The account, its row locked until the transaction ends: what is decided by it then still holds when it is written. */
export async function lockAccount(tx: Query, id: string): Promise<Account | undefined> {
  const row = await selectAccount(tx).where('id', '=', id).forUpdate().executeTakeFirst();
  return row && toAccount(row);
}

/**
 * The ids of the active admins, their rows locked until the transaction ends, always in the order of their ids, so that
 * two who demote each other wait instead of deadlocking. (On SQLite the transaction has the file to itself already.)
 */
export async function lockAdmins(tx: Query): Promise<readonly string[]> {
  const query = tx
    .selectFrom('sallyport_accounts')
    .select('id')
    .where('role', '=', 'admin')
    .where('is_active', '=', true)
    .orderBy('id')
    .forUpdate();
  return (await query.execute()).map(({ id }) => id);
}
