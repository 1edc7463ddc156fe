import type { Logger } from 'pino';
import type { AccessTable } from '../accounts/access-table.js';
import { type ComposedApp, composeApp, type RouteGroup } from '../app.js';
import type { Clock } from '../base/clock.js';
import type { MoreCorsHeaders } from '../http/cors.js';
import type { Settings } from '../settings/settings.js';
import type { Store } from '../store/connection.js';
import { AccountEvents } from './account-events.js';
import { createAccountLookup } from './account-lookup.js';
import { Lifecycle } from './lifecycle.js';
import { openMigrated } from './open-migrated.js';
import { type OwnStore, toOwnStore } from './own-store.js';
import type { ListenOptions, SecureApp } from './secure-app.js';
import { createSessions, type Sessions } from './sessions.js';

export interface OpenDeps {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly access: AccessTable;
  readonly without?: ReadonlySet<RouteGroup>;
  readonly cors?: MoreCorsHeaders | undefined;
  /** Told what the start is at, for whoever watches it. */
  readonly onProgress?: (step: string) => void;
}

/** What the command line and the tests see beside what an application does. */
export interface OpenedApp extends SecureApp {
  readonly house: { readonly store: Store; readonly composed: ComposedApp };
}

/** Opens and migrates the store and makes the app. What fails closes what was opened before. */
export async function openApp(deps: OpenDeps): Promise<OpenedApp> {
  const { settings, clock, log, access, without, cors, onProgress = () => {} } = deps;
  const store = await openMigrated({ settings, clock, log, onProgress });
  try {
    const events = new AccountEvents(log);
    const composed = await composeApp({ settings, store, clock, log, access, without, cors, hooks: events });
    return new HouseApp(deps, store, composed, events);
  } catch (error) {
    await store.close();
    throw error;
  }
}

class HouseApp implements OpenedApp {
  readonly house: OpenedApp['house'];
  readonly settings: Settings;
  readonly store: OwnStore;
  readonly accounts: SecureApp['accounts'];
  readonly sessions: Sessions;
  readonly fastify: SecureApp['fastify'];
  readonly get: SecureApp['get'];
  readonly post: SecureApp['post'];
  readonly put: SecureApp['put'];
  readonly patch: SecureApp['patch'];
  readonly delete: SecureApp['delete'];
  readonly register: SecureApp['register'];
  readonly override: SecureApp['override'];
  readonly on: SecureApp['on'];
  readonly afterCommit: SecureApp['afterCommit'];
  readonly openApi: SecureApp['openApi'];
  readonly routes: SecureApp['routes'];
  readonly #events: AccountEvents;
  readonly #lifecycle: Lifecycle;
  #closing: Promise<void> | undefined;

  constructor(deps: OpenDeps, store: Store, composed: ComposedApp, events: AccountEvents) {
    const { routes, fastify, flows } = composed;
    this.house = { store, composed };
    this.settings = deps.settings;
    this.store = toOwnStore(store);
    this.accounts = createAccountLookup(store);
    this.sessions = createSessions(flows, deps.access);
    this.fastify = fastify;
    this.get = routes.get;
    this.post = routes.post;
    this.put = routes.put;
    this.patch = routes.patch;
    this.delete = routes.delete;
    this.register = routes.register;
    this.override = routes.override;
    this.on = (name, hook) => events.on(name, hook);
    this.afterCommit = (name, hook) => events.afterCommit(name, hook);
    this.openApi = composed.openApi;
    this.routes = routes.table;
    this.#events = events;
    this.#lifecycle = new Lifecycle({ ...deps, store, app: composed });
  }

  async ready(): Promise<void> {
    await this.fastify.ready();
  }

  listen({ host = this.settings.host, port = this.settings.port }: ListenOptions = {}): Promise<string> {
    return this.#lifecycle.listen({ host, port });
  }

  async inject(request: Parameters<SecureApp['inject']>[0]): ReturnType<SecureApp['inject']> {
    return this.fastify.inject(request);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#lifecycle.close();
      await this.#events.settled();
    } finally {
      await this.house.store.close();
    }
  }
}
