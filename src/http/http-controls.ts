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
import { Refusal, type RefusalCode } from '../base/errors.js';
import type { Settings } from '../settings/settings.js';
import { bodyLimit, installBodyParsers } from './body.js';
import { createClientReader } from './client-address.js';
import { createClientErrorHandler } from './client-errors.js';
import { closeAnswer, connectionOf } from './connection.js';
import { createCors } from './cors.js';
import { hasUnreadBody, writeRefusal } from './error-answer.js';
import { createErrorDoor } from './error-door.js';
import { createHttpsRule } from './https.js';
import { lingerIfUnread } from './lingering-close.js';
import { createRouteFinder, routerOptions } from './method-not-allowed.js';
import { parseQueryString } from './query-string.js';
import { contextOf, hasContext, openContext } from './request-context.js';
import { createRequestLog } from './request-log.js';
import { RequestLogger } from './request-logger.js';
import { faultOfTarget } from './request-target.js';
import { openServer } from './secure-server.js';
import { createSecurityHeaders } from './security-headers.js';
import { standOn, standOneOn } from './standing-response.js';
import { createHostCheck } from './trusted-hosts.js';
import { assertZodSchemas, zodValidatorCompiler } from './validation.js';

export interface HttpDeps {
  readonly settings: Settings;
  readonly log: Logger;
  readonly clock: Clock;
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

function warnOfUndeclaredProxy(log: Logger): (peer: string) => void {
  return (peer) => {
    log.warn(
      { peer },
      'X-Forwarded headers came from a peer that TRUSTED_PROXIES does not name: they are ignored. If this is your ' +
        'proxy, declare it, or all its clients share one address and one limit',
    );
  };
}

/** Context and standing headers: the one thing that happens to every request, by socket or by app.inject. */
function createFrontDoor({
  settings,
  log,
  clock,
}: HttpDeps): (raw: IncomingMessage, response: ServerResponse) => void {
  const readClient = createClientReader(settings.trustedProxies, warnOfUndeclaredProxy(log));
  const headers = createSecurityHeaders(settings);
  const logRequest = createRequestLog(log, clock);
  function done(this: ServerResponse<IncomingMessage>): void {
    closeAnswer(connectionOf(this.req.socket), this);
    logRequest.call(this);
  }
  return (raw, response) => {
    const context = openContext(raw, readClient, clock);
    if (hasUnreadBody(raw)) lingerIfUnread(raw);
    standOn(response, headers(context.secure));
    standOneOn(response, 'x-request-id', context.id);
    connectionOf(raw.socket).open.push(response as ServerResponse<IncomingMessage>);
    response.on('close', done);
  };
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
  const onExpectation = (raw: IncomingMessage, response: ServerResponse): void => {
    enter(raw, response);
    writeRefusal(raw, response, new Refusal('expectation_failed'));
  };
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
      routerOptions: { ...routerOptions, querystringParser: parseQueryString },
      // Our own log line replaces Fastify's two; handlers log by `request.log`, which carries the request id.
      logger: false,
      logController: new LogController({ disableRequestLogging: true }),
      return503OnClosing: false,
      exposeHeadRoutes: true,
      genReqId: (raw) => (hasContext(raw) ? contextOf(raw).id : ''),
      serverFactory: (handler) =>
        openServer(
          settings,
          (raw, response) => {
            // The connection is being ended; what hid behind an unread body is not served.
            if (connectionOf(raw.socket).lingers) return;
            enter(raw, response);
            const fault: RefusalCode | undefined = faultOfTarget(raw);
            if (fault === undefined) handler(raw, response);
            else writeRefusal(raw, response, new Refusal(fault));
          },
          onExpectation,
        ),
      clientErrorHandler: createClientErrorHandler(createSecurityHeaders(settings), log),
      frameworkErrors: (error, request, reply) => {
        if (!hasContext(request.raw)) enter(request.raw, reply.raw);
        door.answer(error, request as FastifyRequest, reply as FastifyReply);
      },
    },
    install(app) {
      app.setErrorHandler(door.answer);
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
    answerCors: hook(createCors(settings)),
    assertRoute: (request, _reply, done) => {
      routes.assertRoute(request);
      done();
    },
  };
}
