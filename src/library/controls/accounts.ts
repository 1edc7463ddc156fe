import type { FastifyInstance, RouteOptions } from 'fastify';
import { createAddressLimits } from '../../access/address-limit.js';
import { createRoutes } from '../../access/create-routes.js';
import { type Access, accessTableOf } from '../../access/define-access.js';
import { createDenialRecorder } from '../../access/denials.js';
import { declareAccess } from '../../access/granted.js';
import { guardOf, passedByHook } from '../../access/guard-hook.js';
import { declareIdentity } from '../../access/identity.js';
import { createLimitMaker } from '../../access/limit-maker.js';
import { createIdentify } from '../../access/principal.js';
import { assertAsked } from '../../access/route-checks.js';
import { type AccessTable, builtInAccess } from '../../accounts/access-table.js';
import {
  type AccountParts,
  addAccountRoutes,
  createFlowDeps,
  type RouteGroup,
  routeGroups,
} from '../../app.js';
import { systemClock } from '../../base/clock.js';
import { ConfigurationError } from '../../base/errors.js';
import { installBodyParsers } from '../../http/body.js';
import { assertParametersGiven } from '../../http/method-not-allowed.js';
import type { Store } from '../../store/connection.js';
import { loadSigningKey } from '../../tokens/signing-keys.js';
import { AccountEvents } from '../account-events.js';
import { createAccountLookup } from '../account-lookup.js';
import { Housekeeping } from '../housekeeping.js';
import { openMigrated } from '../open-migrated.js';
import { toOwnStore } from '../own-store.js';
import type { SecureApp } from '../secure-app.js';
import { createSessions } from '../sessions.js';
import { type Control, type ControlOptions, control } from './control.js';
import { type Entrance, markAccountScope, type Step } from './entrance.js';
import { answerBy } from './error-door.js';
import { generalLimit } from './request-limit.js';

/** Groups of the routes that `accounts` brings. */
export type AccountRouteGroup = Exclude<RouteGroup, 'docs' | 'health'>;

/** Options of `accounts`. */
export interface AccountsOptions extends ControlOptions {
  /** Own roles and permissions. */
  readonly access?: Access;
  /** `{ users: false }` leaves a group of routes out. All are there by default. */
  readonly routes?: Readonly<Partial<Record<AccountRouteGroup, boolean>>>;
  /** Before the path of each of our routes: '/identity'. The discovery routes, whose place the standards fix, are then out. */
  readonly prefix?: string;
}

/** What `accounts` adds to an application, as `app.sallyport`. */
export type Sallyport = Pick<SecureApp, 'store' | 'accounts' | 'sessions' | 'on' | 'afterCommit'>;

declare module 'fastify' {
  interface FastifyInstance {
    /** The accounts' store, sessions and hooks; there once the plugin `accounts` is registered. */
    readonly sallyport: Sallyport;
  }
}

/**
 * Accounts for an application that exists: opens and migrates the store, closes it with the application, brings the
 * account, token, user, API key, event and discovery routes, and judges the credential of every request. From then on guards work
 * as hooks: `app.get('/me', { onRequest: currentUser.hook }, (request) => currentUser.of(request).id)`. Store, account
 * look-up, sessions and the account hooks are at `app.sallyport`.
 *
 * What such an application does not get: no gate stands over its own routes, so one whose guard was forgotten boots and is
 * open; they stand in no `sallyport routes` and no `access.lock`; their responses are stripped by its own schemas alone;
 * they have no `limit` of their own, no OpenAPI of ours; each hook resolves its dependencies for itself, and what they
 * open is disposed when the answer is out, not before. Hooks that the application has on every request run before our
 * routes, too. Without `requestLimit` the account routes count sign-ins, refreshes and registrations, and nothing else.
 * @throws ConfigurationError where the store cannot be used, where it is registered twice, where a route of its own is
 * there already (leave that group out), and for a hook that asks for a role or permission which `access` lacks.
 */
export const accounts: Control<AccountsOptions> = control(
  'accounts',
  ['access', 'routes', 'prefix'],
  async (app, options, entrance) => {
    const { settings, access, routes = {}, prefix = '' } = options;
    const table = access === undefined ? builtInAccess : accessTableOf(access);
    const without = groupsWithout(routes);
    assertPrefix(prefix);
    assertFree(app);
    const store = await openMigrated({ settings, clock: systemClock, log: app.log });
    const closing: (() => Promise<void>)[] = [() => store.close()];
    try {
      return await openHouse(app, { settings, access: table }, { without, prefix, store, closing, entrance });
    } catch (error) {
      await closeAll(closing);
      throw mended(error);
    }
  },
);

interface House {
  readonly without: ReadonlySet<string>;
  readonly prefix: string;
  readonly entrance: Entrance;
  readonly store: Store;
  /** What to close, the last first. */
  readonly closing: (() => Promise<void>)[];
}

async function openHouse(
  app: FastifyInstance,
  { settings, access }: { readonly settings: AccountsOptions['settings']; readonly access: AccessTable },
  { without, prefix, store, closing, entrance }: House,
): Promise<Step> {
  const deps = { settings, store, clock: systemClock };
  const events = new AccountEvents(app.log);
  const key = await loadSigningKey(settings.jwt);
  const flows = await createFlowDeps({ ...deps, hooks: events }, key);
  closing.push(() => flows.hasher.close());
  const identity = createIdentify({ ...flows, access });
  declareIdentity(app);
  declareAccess(app, access);
  app.decorate('sallyport', {
    store: toOwnStore(store),
    accounts: createAccountLookup(store),
    sessions: createSessions(flows, access),
    on: (name, hook) => events.on(name, hook),
    afterCommit: (name, hook) => events.afterCommit(name, hook),
  });
  const limits = createAddressLimits(deps, generalLimit);
  await app.register(
    async (scope) => {
      scope.setErrorHandler(answerBy(entrance));
      addScope(scope, { flows, limits, access, key }, without);
    },
    { prefix },
  );
  app.addHook('onRoute', assertHooks(access));
  app.addHook('preHandler', function (request, reply, done) {
    // A route of the application without a guard ignores credentials: it is none of ours.
    if (request.routeOptions.config.access === undefined && !passedByHook(request)) done();
    else identity.judgeAgain.call(this, request, reply, done);
  });
  app.addHook('onError', createDenialRecorder(deps));
  keepHouse(app, new Housekeeping({ ...deps, flows, log: app.log }), events, closing);
  return (request, reply, goOn) => identity.judge.call(app, request, reply, goOn);
}

/** Sallyport's own routes, in a scope that nothing of leaks out: bodies, errors and gate as in an application of ours. */
function addScope(scope: FastifyInstance, parts: AccountParts, without: ReadonlySet<string>): void {
  const { settings, store, clock } = parts.flows;
  markAccountScope(scope);
  installBodyParsers(scope);
  scope.addHook('onRequest', (request, _reply, done) => {
    assertParametersGiven(request);
    done();
  });
  const routes = createRoutes(scope, {
    production: settings.environment === 'production',
    access: parts.access,
    limit: createLimitMaker({ settings, store, clock }),
    scoped: true,
  });
  const isPlaced = (group: string): boolean => group !== 'discovery' || scope.prefix === '';
  addAccountRoutes(routes, parts, (group) => !without.has(group) && isPlaced(group));
}

/** By the time Fastify calls `onClose` the last answer is out. */
function keepHouse(
  app: FastifyInstance,
  housekeeping: Housekeeping,
  events: AccountEvents,
  closing: (() => Promise<void>)[],
): void {
  app.addHook('onListen', () => housekeeping.start());
  app.addHook('onClose', async () => {
    try {
      await events.settled();
      await housekeeping.stop();
    } finally {
      await closeAll(closing);
    }
  });
}

async function closeAll(closing: (() => Promise<void>)[]): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

const hookNames = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const;

/** Routes that were there before are not looked at; there a role that nobody has lets admins pass alone. */
const assertHooks =
  (access: AccessTable) =>
  (route: RouteOptions): void => {
    if (route.config?.needs !== undefined)
      throw new ConfigurationError(
        'ERR_ACCESS_UNDECLARED',
        `${String(route.method)} ${route.url}: config.needs judges only in an application of createSecureApp(). Here a guard is a hook: onRequest: currentUser.hook.`,
      );
    for (const hook of hookNames.flatMap((name) => [route[name] ?? []].flat())) {
      const guard = guardOf(hook);
      if (guard !== undefined) assertAsked(`${String(route.method)} ${route.url}`, { guard }, access);
    }
  };

function assertFree(app: FastifyInstance): void {
  const taken = app.hasRequestDecorator('identity')
    ? 'decorateRequest("identity")'
    : app.hasDecorator('sallyport')
      ? 'decorate("sallyport")'
      : undefined;
  if (taken !== undefined)
    throw new ConfigurationError(
      'ERR_ACCOUNTS_NAME',
      `accounts: this application has ${taken} of its own, a name that accounts needs. Give yours another.`,
    );
}

const groups: readonly string[] = routeGroups.filter((group) => group !== 'docs' && group !== 'health');

function assertPrefix(prefix: unknown): void {
  if (prefix === '' || (typeof prefix === 'string' && /^(?:\/[\w.~-]+)+$/.test(prefix))) return;
  throw new ConfigurationError(
    'ERR_OPTIONS',
    `accounts: prefix is a path without a slash at its end: prefix: '/identity'.`,
  );
}

function groupsWithout(routes: object): ReadonlySet<string> {
  const stranger = Object.keys(routes).find((group) => !groups.includes(group));
  if (stranger !== undefined)
    throw new ConfigurationError(
      'ERR_OPTIONS',
      `accounts: routes.${stranger} is no group of its routes; known are ${groups.join(', ')}.`,
    );
  return new Set(Object.entries(routes).flatMap(([group, wanted]) => (wanted === false ? [group] : [])));
}

function mended(error: unknown): unknown {
  if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'FST_ERR_DUPLICATED_ROUTE') return error;
  return new ConfigurationError(
    'ERR_ROUTE_DUPLICATE',
    `accounts: ${error.message}. Give your own route another path, leave that group of ours out (routes: { users: false }), or put all of ours below a prefix: '/identity'.`,
  );
}
