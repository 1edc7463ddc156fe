import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { Routes } from '../access/create-routes.js';
import type { RouteRow } from '../access/gate.js';
import type { AccountEventName } from '../flows/account-hooks.js';
import type { Settings } from '../settings/settings.js';
import type { AccountChange, AccountHappening } from './account-events.js';
import type { AccountLookup } from './account-lookup.js';
import type { OwnStore } from './own-store.js';
import type { Sessions } from './sessions.js';

/** Where `listen` listens. */
export interface ListenOptions {
  /** Default: PORT. 0 takes a free one. */
  readonly port?: number;
  /** Default: HOST. */
  readonly host?: string;
}

/** A secured application: Sallyport's routes, and yours behind the same guards, limits and headers. */
export interface SecureApp
  extends Pick<Routes, 'get' | 'post' | 'put' | 'patch' | 'delete' | 'register' | 'override'> {
  /**
   * Runs inside the transaction of the change, so that what it writes by `tx` is kept or lost with it; a throw undoes the
   * change, and a Refusal is what the client sees. Await `tx` alone: everybody else waits for the writer, and after 5 s all
   * is rolled back. It may run twice, where two transactions got in each other's way.
   * @throws ConfigurationError for an unknown name.
   */
  on(name: AccountEventName, hook: (change: AccountChange) => Promise<void> | void): void;
  /**
   * Runs once the change is committed, for everything that is no writing by `tx`: mail, a queue, another service. Nobody
   * waits for it; what it throws is logged. A process that dies meanwhile has not run it.
   * @throws ConfigurationError for an unknown name.
   */
  afterCommit(name: AccountEventName, hook: (happening: AccountHappening) => Promise<void> | void): void;
  /** The database of the accounts, for own tables beside them. */
  readonly store: OwnStore;
  /** Looks an account up. */
  readonly accounts: AccountLookup;
  /** Sessions for own ways to sign in. */
  readonly sessions: Sessions;
  /** What is in force, frozen; secrets are wrapped. */
  readonly settings: Settings;
  /** The Fastify instance behind it. Raw routes pass the gate too: `config: { access: 'public' }` or `config: { needs }`. */
  readonly fastify: FastifyInstance;
  /** The OpenAPI 3.1 document of every route. After `ready()`. */
  openApi(): object;
  /** Every route × who may call it × its limit. After `ready()`. */
  routes(): readonly RouteRow[];
  /** Loads plugins and closes the list of routes. `listen` and `inject` do it by themselves. */
  ready(): Promise<void>;
  /**
   * Serves until `close()`. Gives the URL.
   * @throws ConfigurationError where it cannot listen there, with the line that mends it.
   */
  listen(options?: ListenOptions): Promise<string>;
  /** One request without a socket, for tests. */
  inject(request: InjectOptions | string): Promise<LightMyRequestResponse>;
  /** Takes no new request, lets running ones end for at most 8 s, then closes the store: nothing is half-written. */
  close(): Promise<void>;
}
