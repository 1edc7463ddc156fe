import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { createAddressLimits } from './access/address-limit.js';
import { createRoutes, type Routes } from './access/create-routes.js';
import { createDenialRecorder } from './access/denials.js';
import { createIdentify, declareIdentity } from './access/principal.js';
import { createRequestLimit, type RequestLimit } from './access/request-limit.js';
import { createPasswordHasher } from './accounts/password-hash.js';
import type { Clock } from './base/clock.js';
import type { FlowDeps } from './flows/flow-deps.js';
import { createHttpControls } from './http/http-controls.js';
import { createSignInThrottle } from './limits/sign-in-throttle.js';
import { addOwnAccountRoutes, addUserRoutes } from './routes/account-routes.js';
import { addDocsRoutes } from './routes/docs-routes.js';
import { addEventRoutes } from './routes/event-routes.js';
import { exits } from './routes/exits.js';
import { addHealthRoutes, healthPaths } from './routes/health-routes.js';
import { collectOpenApi } from './routes/openapi-document.js';
import { addTokenRoutes, tokenPath } from './routes/token-routes.js';
import { addSecurityTextRoute, addWellKnownRoutes } from './routes/well-known-routes.js';
import type { Settings } from './settings/settings.js';
import type { Store } from './store/connection.js';
import { createAccessTokens } from './tokens/access-token.js';
import { createDeviceTokens } from './tokens/device-token.js';
import { loadSigningKey, type SigningKey } from './tokens/signing-keys.js';

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

export interface AppDeps {
  readonly settings: Settings;
  /** Open and migrated. The app does not close it. */
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface SecureApp {
  readonly fastify: FastifyInstance;
  readonly routes: Routes;
  /** The OpenAPI 3.1 document of every route. */
  openApi(): object;
  /** Stops taking requests, lets running ones end, ends the hashing threads. */
  close(): Promise<void>;
}

/** The one place where everything meets. It reads as a request goes: top to bottom (docs/architecture.md). */
export async function createSecureApp(deps: AppDeps): Promise<SecureApp> {
  const { settings, store, clock } = deps;
  const key = await loadSigningKey(settings.jwt);
  const flows = await createFlowDeps(deps, key);
  const http = createHttpControls(deps);
  const general = createRequestLimit(settings, clock, exits);
  const limits = createAddressLimits(deps, general);
  const identity = createIdentify(flows);

  const fastify = Fastify(http.options);
  http.install(fastify);
  const openApi = await collectOpenApi(fastify, settings);
  declareIdentity(fastify);
  const routes = createRoutes(fastify, { production: settings.environment === 'production' });

  fastify.addHook('onRequest', unlessHealth(http.assertTrustedHost));
  fastify.addHook('onRequest', unlessHealth(http.assertHttps));
  fastify.addHook('onRequest', http.answerCors);
  fastify.addHook('onRequest', unlessHealth(identity.judge));
  fastify.addHook('onRequest', unlessHealth(limitedBy(general)));
  fastify.addHook('onRequest', http.assertRoute);
  fastify.addHook('preHandler', identity.judgeAgain);
  fastify.addHook('onError', createDenialRecorder(deps));

  addHealthRoutes(routes, store, clock);
  addOwnAccountRoutes(routes, flows, limits);
  addTokenRoutes(routes, flows, limits);
  addUserRoutes(routes, flows);
  addEventRoutes(routes, store);
  addWellKnownRoutes(routes, settings, key);
  addSecurityTextRoute(routes, settings, clock);
  if (settings.debug) addDocsRoutes(routes, settings, openApi);
  await fastify.ready();
  return {
    fastify,
    routes,
    openApi,
    async close() {
      await fastify.close();
      await flows.hasher.close();
    },
  };
}

/** Whoever watches the process calls it by its bare address, over plain http, as often as it likes. */
const unlessHealth =
  (hook: Hook): Hook =>
  (request, reply, done) => {
    if (healthPaths.has(request.routeOptions.url)) done();
    else hook(request, reply, done);
  };

/** The token endpoint counts when it knows whether a stranger asks or a device that signed in before. */
const limitedBy =
  (limit: RequestLimit): Hook =>
  (request, reply, done) => {
    if (request.routeOptions.url !== tokenPath) limit.take(request, reply);
    done();
  };

async function createFlowDeps({ settings, store, clock }: AppDeps, key: SigningKey): Promise<FlowDeps> {
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
  };
}
