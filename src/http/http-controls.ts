import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.js';
import { Refusal } from '../base/errors.js';
import type { Settings } from '../settings/settings.js';
import { bodyLimit, installBodyParsers } from './body.js';
import { createClientErrorHandler } from './client-errors.js';
import { createCors, type MoreCorsHeaders } from './cors.js';
import { writeRefusal } from './error-answer.js';
import { createErrorDoor } from './error-door.js';
import { createErrorHandler } from './error-reply.js';
import { createFrontDoor } from './front-door.js';
import { createHttpsRule } from './https.js';
import { createRouteFinder, routerOptions } from './method-not-allowed.js';
import { parseQueryString } from './query-string.js';
import { contextOf, hasContext } from './request-context.js';
import { RequestLogger } from './request-logger.js';
import { declareRoute } from './route-of.js';
import { createSecurityHeaders } from './security-headers.js';
import { createServerFactory } from './server-door.js';
import { createHostCheck } from './trusted-hosts.js';
import { assertZodSchemas, zodValidatorCompiler } from './validation.js';

export interface HttpDeps {
  readonly settings: Settings;
  readonly log: Logger;
  readonly clock: Clock;
  /** What an application's own clients send and read. */
  readonly cors?: MoreCorsHeaders | undefined;
}

type Hook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

/** What `app.ts` composes, in the order of a request. */
export interface HttpControls {
  readonly options: FastifyServerOptions<Server>;
  /** Error door, validator, body parsers, route finder and `openRequest`. Before any route or other hook. */
  install(app: FastifyInstance): void;
  readonly assertTrustedHost: Hook;
  readonly assertHttps: Hook;
  readonly answerCors: Hook;
  /** 404 or 405 for what no route takes; last before the guards. */
  readonly assertRoute: Hook;
}

const hook =
  (check: (raw: IncomingMessage, response: ServerResponse) => boolean): Hook =>
  (request, reply, done) => {
    // True: the answer was given, and the request ends here.
    if (!check(request.raw, reply.raw)) done();
  };

/** All controls of this room, each computed at start from the settings. */
export function createHttpControls(deps: HttpDeps): HttpControls {
  const { settings, log } = deps;
  const enter = createFrontDoor(deps);
  const door = createErrorDoor(log);
  const routes = createRouteFinder();
  const assertHost = createHostCheck(settings.allowedHosts);
  const enterOnce: Hook = (request, reply, done) => {
    if (!hasContext(request.raw)) enter(request.raw, reply.raw);
    // By a factory Fastify would check each logger's methods at each request.
    request.log = new RequestLogger(log, contextOf(request.raw).id);
    reply.log = request.log;
    done();
  };
  return {
    options: {
      bodyLimit,
      // One door for every route of ours: a second handler would drop challenges and error codes. A plugin has its own scope.
      allowErrorHandlerOverride: false,
      routerOptions: { ...routerOptions, querystringParser: parseQueryString },
      // Our own log line replaces Fastify's two; handlers log by `request.log`, which carries the request id.
      logger: false,
      logController: new LogController({ disableRequestLogging: true }),
      return503OnClosing: false,
      exposeHeadRoutes: true,
      genReqId: (raw) => (hasContext(raw) ? contextOf(raw).id : ''),
      serverFactory: createServerFactory(settings, { enter, refuse: writeRefusal }),
      clientErrorHandler: createClientErrorHandler(createSecurityHeaders(settings), log),
      frameworkErrors: (error, request, reply) => {
        if (!hasContext(request.raw)) enter(request.raw, reply.raw);
        door.answer(error, request as FastifyRequest, reply as FastifyReply);
      },
    },
    install(app) {
      declareRoute(app);
      app.setErrorHandler(createErrorHandler(door));
      app.setNotFoundHandler(() => {
        throw new Refusal('not_found');
      });
      app.setValidatorCompiler(zodValidatorCompiler);
      app.addHook('onRoute', assertZodSchemas);
      installBodyParsers(app);
      routes.watch(app);
      app.addHook('onRequest', enterOnce);
    },
    assertTrustedHost: hook((raw) => {
      assertHost(raw);
      return false;
    }),
    assertHttps: hook(createHttpsRule(settings)),
    answerCors: hook(createCors(settings, deps.cors)),
    assertRoute: (request, _reply, done) => {
      routes.assertRoute(request);
      done();
    },
  };
}
