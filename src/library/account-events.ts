import type { FastifyBaseLogger } from 'fastify';
import type { Account } from '../accounts/account.js';
import { ConfigurationError } from '../base/errors.js';
import {
  type AccountEvent,
  type AccountEventName,
  type AccountHooks,
  accountEventNames,
} from '../flows/account-hooks.js';
import type { Query } from '../store/connection.js';
import { type OwnQuery, toOwnQuery } from '../store/own-query.js';
import { withinTransaction } from './own-store.js';

/** What happened to an account. */
export interface AccountHappening {
  readonly name: AccountEventName;
  /** As it is after the change; a deleted one as it was. Never with its password's hash. */
  readonly account: Account;
  /** Who did it: the account itself, an admin, or an operator, who has no account. */
  readonly by: AccountEvent['by'];
  readonly actorId: string | undefined;
}

/** In the transaction of the change. */
export interface AccountChange extends AccountHappening {
  readonly tx: OwnQuery;
}

type Inside = (change: AccountChange) => Promise<void> | void;
type After = (happening: AccountHappening) => Promise<void> | void;

/** The hooks that an application registers, and what the flows tell them. */
export class AccountEvents implements AccountHooks {
  readonly #inside = new Map<AccountEventName, Inside[]>();
  readonly #after = new Map<AccountEventName, After[]>();
  readonly #running = new Set<Promise<void>>();
  readonly #log: Pick<FastifyBaseLogger, 'error'>;

  constructor(log: Pick<FastifyBaseLogger, 'error'>) {
    this.#log = log;
  }

  on(name: AccountEventName, hook: Inside): void {
    add(this.#inside, name, hook, 'on');
  }

  afterCommit(name: AccountEventName, hook: After): void {
    add(this.#after, name, hook, 'afterCommit');
  }

  /** One after the other, in the order registered: they share a transaction. */
  async inside(tx: Query, event: AccountEvent): Promise<void> {
    for (const hook of this.#inside.get(event.name) ?? []) {
      const change = { ...event, tx: toOwnQuery(tx) };
      await withinTransaction(() => hook(change));
    }
  }

  committed(event: AccountEvent): void {
    for (const hook of this.#after.get(event.name) ?? []) {
      const running = this.#guarded(hook, event).finally(() => this.#running.delete(running));
      this.#running.add(running);
    }
  }

  /** Resolves when every hook that runs is through. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #guarded(hook: After, event: AccountEvent): Promise<void> {
    try {
      await hook(event);
    } catch (error) {
      this.#log.error({ err: error, event: event.name }, 'a hook after the commit failed; the change stands');
    }
  }
}

function add<H>(hooks: Map<AccountEventName, H[]>, name: AccountEventName, hook: H, where: string): void {
  if (!accountEventNames.includes(name))
    throw new ConfigurationError(
      'ERR_EVENT_NAME',
      `${where}(${JSON.stringify(name)}): there is no such event of an account. Known: ${accountEventNames.join(', ')}.`,
    );
  if (typeof hook !== 'function')
    throw new ConfigurationError('ERR_EVENT_NAME', `${where}('${name}'): the hook is no function.`);
  hooks.set(name, [...(hooks.get(name) ?? []), hook]);
}
