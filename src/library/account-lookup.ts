import type { Account } from '../accounts/account.js';
import { findAccount, findByIdentifier } from '../accounts/accounts-queries.js';
import type { Store } from '../store/connection.js';

/** The accounts, for own ways to sign in. */
export interface AccountLookup {
  /** By e-mail or username, folded as at a sign-in. Undefined where there is none: say the same to the client either way. */
  find(identifier: string): Promise<Account | undefined>;
  /** By id. */
  get(accountId: string): Promise<Account | undefined>;
}

export const createAccountLookup = (store: Store): AccountLookup => ({
  find: async (identifier) => (await findByIdentifier(store.db, identifier))?.account,
  get: (accountId) => findAccount(store.db, accountId),
});
