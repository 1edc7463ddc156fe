import type { Account } from '../accounts/account.js';
import {
  type AccountPage,
  type AccountPageRequest,
  listAccounts,
} from '../accounts/accounts-page-queries.js';
import { findAccount, findByIdentifier } from '../accounts/accounts-queries.js';
import { Refusal } from '../base/errors.js';
import type { FlowDeps } from './flow-deps.js';

type ReadDeps = Pick<FlowDeps, 'store'>;

/** 404 where there is none. */
export async function getAccount(deps: ReadDeps, accountId: string): Promise<Account> {
  const account = await findAccount(deps.store.db, accountId);
  if (!account) throw new Refusal('not_found');
  return account;
}

/** By e-mail or username, as a person names an account. 404 where there is none. */
export async function getAccountByIdentifier(deps: ReadDeps, identifier: string): Promise<Account> {
  const found = await findByIdentifier(deps.store.db, identifier);
  if (!found)
    throw new Refusal('not_found', {
      reason: `nobody has the e-mail or username ${JSON.stringify(identifier)}`,
    });
  return found.account;
}

/** One page in the order of registration; `search` looks into full_name. */
export const findAccounts = (deps: ReadDeps, page: AccountPageRequest): Promise<AccountPage> =>
  listAccounts(deps.store.db, page);
