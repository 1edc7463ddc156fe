import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { type AddressLimits, createAddressLimits } from './access/address-limit.js';
import { createRoutes, type Routes } from './access/create-routes.js';
import { createDenialRecorder } from './access/denials.js';
import { declareAccess } from './access/granted.js';
import { declareIdentity } from './access/identity.js';
import { createLimitMaker } from './access/limit-maker.js';
import { createIdentify } from './access/principal.js';
import { createRequestLimit, type RequestLimit } from './access/request-limit.js';
import { beginApplication, factsOf } from './access/route-facts.js';
import { type AccessTable, builtInAccess } from './accounts/access-table.js';
import { createPasswordHasher } from './accounts/password-hash.js';
import { writeLastUsed } from './api-keys/api-keys-queries.js';
import type { Clock } from './base/clock.js';
import type { AccountHooks } from './flows/account-hooks.js';
import type { FlowDeps } from './flows/flow-deps.js';
import type { MoreCorsHeaders } from './http/cors.js';
import { createHttpControls } from './http/http-controls.js';
import { routeOf } from './http/route-of.js';
import { endAnsweredUpgrade } from './http/upgrade.js';
import { createSignInThrottle } from './limits/sign-in-throttle.js';
import { accountWire, addOwnAccountRoutes, addUserRoutes } from './routes/account-routes.js';
import { addApiKeyRoutes, addUserKeyRoutes } from './routes/api-key-routes.js';
import { addDocsRoutes } from './routes/docs-routes.js';
import { addEventRoutes } from './routes/event-routes.js';
import { exits } from './routes/exits.js';
import { addExportRoute } from './routes/export-routes.js';
import { addHealthRoutes, healthPaths } from './routes/health-routes.js';
import { collectOpenApi } from './routes/openapi-document.js';
import { addOwnSessionRoutes, addUserSessionRoutes } from './routes/session-routes.js';
import { addTokenRoutes, tokenPath } from './routes/token-routes.js';
import { addSecurityTextRoute, addWellKnownRoutes } from './routes/well-known-routes.js';
import type { Settings } from './settings/settings.js';
import type { Store } from './store/connection.js';
import { LastSeen } from './store/last-seen.js';
import { createAccessTokens } from './tokens/access-token.js';
import { createDeviceTokens } from './tokens/device-token.js';
import { writeLastSeen } from './tokens/session-queries.js';
import { loadSigningKey, type SigningKey } from './tokens/signing-keys.js';

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

export interface AppDeps {
  readonly settings: Settings;
  /** Open and migrated. The app does not close it. */
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** Roles and permissions. Default: Sallyport's own. */
  readonly access?: AccessTable | undefined;
  /** Groups of Sallyport's own routes that are left out. */
  readonly without?: ReadonlySet<RouteGroup> | undefined;
  readonly hooks?: AccountHooks | undefined;
  readonly cors?: MoreCorsHeaders | undefined;
}

/** Sallyport's own routes, by what they are for. */
export const routeGroups = [
  'account',
  'tokens',
  'users',
  'api-keys',
  'events',
  'discovery',
  'docs',
  'health',
] as const;

/** One of them. */
export type RouteGroup = (typeof routeGroups)[number];

export interface ComposedApp {
  readonly fastify: FastifyInstance;
  readonly routes: Routes;
  readonly flows: FlowDeps;
  /** The OpenAPI 3.1 document of every route, once the application is ready. */
  openApi(): object;
  /** Stops taking requests, lets running ones end, ends the hashing threads. */
  close(): Promise<void>;
}

/** The one place where everything meets. It reads as a request goes: top to bottom (docs/architecture.md). */
export async function composeApp(deps: AppDeps): Promise<ComposedApp> {
  const { settings, store, clock, access = builtInAccess } = deps;
  const key = await loadSigningKey(settings.jwt);
  const flows = await createFlowDeps(deps, key);
  const http = createHttpControls(deps);
  const general = createRequestLimit(settings, clock, exits);
  const limits = createAddressLimits(deps, general);
  const identity = createIdentify({ ...flows, access });

  const fastify = Fastify(http.options);
  http.install(fastify);
  const openApi = await collectOpenApi(fastify, settings);
  declareIdentity(fastify);
  declareAccess(fastify, access);
  const production = settings.environment !== 'development';
  const routes = createRoutes(fastify, { production, access, limit: createLimitMaker(deps) });

  fastify.addHook('onRequest', endAnsweredUpgrade);
  fastify.addHook('onRequest', unlessHealth(http.assertTrustedHost));
  fastify.addHook('onRequest', unlessHealth(http.assertHttps));
  fastify.addHook('onRequest', http.answerCors);
  fastify.addHook('onRequest', unlessHealth(identity.judge));
  fastify.addHook('onRequest', unlessHealth(limitedBy(general)));
  fastify.addHook('onRequest', http.assertRoute);
  fastify.addHook('preHandler', identity.judgeAgain);
  fastify.addHook('onError', createDenialRecorder(deps));

  const has = (group: RouteGroup): boolean => !deps.without?.has(group);
  if (has('health')) addHealthRoutes(routes, store, clock);
  addAccountRoutes(routes, { flows, limits, access, key }, has);
  if (has('docs') && settings.debug) addDocsRoutes(routes, settings, openApi);
  beginApplication(fastify);
  return {
    fastify,
    routes,
    flows,
    openApi,
    async close() {
      await fastify.close();
      await flows.hasher.close();
    },
  };
}

/** What the routes of the accounts work with. */
export interface AccountParts {
  readonly flows: FlowDeps;
  readonly limits: AddressLimits;
  readonly access: AccessTable;
  readonly key: SigningKey;
}

/** Everything but health and docs, which are the whole server's. */
export function addAccountRoutes(
  routes: Routes,
  { flows, limits, access, key }: AccountParts,
  has: (group: RouteGroup) => boolean,
): void {
  const { settings, store, clock } = flows;
  const wire = accountWire(settings, access);
  if (has('account')) addOwnAccountRoutes(routes, flows, limits, wire);
  if (has('account')) addOwnSessionRoutes(routes, flows);
  if (has('account')) addExportRoute(routes, flows, wire);
  if (has('tokens')) addTokenRoutes(routes, flows, limits);
  if (has('users')) addUserRoutes(routes, flows, wire);
  if (has('users')) addUserSessionRoutes(routes, flows);
  if (has('users') && has('api-keys')) addUserKeyRoutes(routes, flows);
  if (has('api-keys')) addApiKeyRoutes(routes, flows, access);
  if (has('events')) addEventRoutes(routes, store);
  if (has('discovery')) addWellKnownRoutes(routes, settings, key);
  if (has('discovery')) addSecurityTextRoute(routes, settings, clock);
}

/** Whoever watches the process calls it by its bare address, over plain http, as often as it likes. */
const unlessHealth =
  (hook: Hook): Hook =>
  (request, reply, done) => {
    if (healthPaths.has(routeOf(request).url) && factsOf(request).own) done();
    else hook(request, reply, done);
  };

/** The token endpoint counts when it knows whether a stranger asks or a device that signed in before. */
const limitedBy =
  (limit: RequestLimit): Hook =>
  (request, reply, done) => {
    if (routeOf(request).url !== tokenPath || !factsOf(request).own) limit.take(request, reply);
    done();
  };

/** Starts the threads that hash: whoever calls closes `hasher`. */
export async function createFlowDeps(
  { settings, store, clock, hooks }: Omit<AppDeps, 'log'>,
  key: SigningKey,
): Promise<FlowDeps> {
  const { bcryptRounds: rounds, hashThreads: threads } = settings.password;
  const { publicUrl } = settings;
  return {
    settings,
    store,
    clock,
    hasher: await createPasswordHasher({ rounds, threads }),
    accessTokens: createAccessTokens({
      key,
      clock,
      issuer: publicUrl,
      audience: publicUrl,
      expireMinutes: settings.jwt.expireMinutes,
    }),
    deviceTokens: createDeviceTokens({ key, clock }),
    throttle: createSignInThrottle({ store, clock, key: key.derive('sign-in-throttle') }),
    activity: new LastSeen(store, clock, writeLastSeen),
    keyActivity: new LastSeen(store, clock, writeLastUsed),
    hooks,
  };
}
