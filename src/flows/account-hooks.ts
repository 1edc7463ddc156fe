import type { Account } from '../accounts/account.js';
import type { Query, Store } from '../store/connection.js';

/** What an application can be told of its accounts. Named as in docs/events.md. */
export const accountEventNames = [
  'account.registered',
  'account.updated',
  'account.role_changed',
  'account.disabled',
  'account.enabled',
  'account.deleted',
  'password.changed',
] as const;

/** What `app.on` and `app.afterCommit` may be asked to tell of. */
export type AccountEventName = (typeof accountEventNames)[number];

/** What happened to an account, and who did it. */
export interface AccountEvent {
  readonly name: AccountEventName;
  /** An account's id; undefined for an operator on the command line. */
  readonly actorId: string | undefined;
  readonly by: 'self' | 'admin' | 'command_line';
  /** As it is after the change; a deleted one as it was. */
  readonly account: Account;
}

/** Told of what happens to accounts. Made by the composition root; on the command line there is nobody to tell. */
export interface AccountHooks {
  /** Inside the transaction of the change, which a throw rolls back. */
  inside(tx: Query, event: AccountEvent): Promise<void>;
  /** After the commit. Never throws, and is not waited for. */
  committed(event: AccountEvent): void;
}

/** Tells a hook inside the transaction at once, and notes the event for after the commit. */
export type Happened = (event: AccountEvent) => Promise<void>;

/** One transaction whose account events are told: inside it, and once more when it is committed. */
export async function transact<T>(
  { store, hooks }: { readonly store: Store; readonly hooks?: AccountHooks | undefined },
  work: (tx: Query, happened: Happened) => Promise<T>,
): Promise<T> {
  let told: AccountEvent[] = [];
  const result = await store.transaction((tx) => {
    // The work may run twice; what a lost attempt told inside was rolled back with it.
    told = [];
    return work(tx, async (event) => {
      told.push(event);
      await hooks?.inside(tx, event);
    });
  });
  if (hooks !== undefined) for (const event of told) hooks.committed(event);
  return result;
}
