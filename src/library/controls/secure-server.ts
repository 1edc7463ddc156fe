import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import process from 'node:process';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { systemClock } from '../../base/clock.js';
import { ConfigurationError, type Refusal } from '../../base/errors.js';
import { createClientErrorHandler } from '../../http/client-errors.js';
import { writeRefusal } from '../../http/error-answer.js';
import { createErrorDoor } from '../../http/error-door.js';
import { clientReader, createEntry } from '../../http/front-door.js';
import { contextOf, hasContext } from '../../http/request-context.js';
import type { OwnServerOptions } from '../../http/secure-server.js';
import { createSecurityHeaders } from '../../http/security-headers.js';
import { createServerFactory } from '../../http/server-door.js';
import { standOn } from '../../http/standing-response.js';
import type { Settings } from '../../settings/settings.js';
import { assertSettings } from './control.js';

/** Options of Fastify, to be spread among the application's own. */
export type SecureServerOptions = Required<
  Pick<
    FastifyServerOptions<Server>,
    'serverFactory' | 'clientErrorHandler' | 'frameworkErrors' | 'genReqId' | 'return503OnClosing'
  >
>;

/**
 * What no plugin can reach, for `Fastify({ ...secureServer(settings), …your own options })`: answers that Node's parser
 * and Fastify's router give before any hook runs (431, 408, 400 for garbage, smuggling and malformed URLs, 414, 417) come
 * in our shape with our headers. Heads over 16 KB, slow heads (10 s) and requests (30 s), two credentials, and targets of
 * another host are refused; TLS_CERT_FILE and TLS_KEY_FILE make it https; `request.id` is a UUID, answered as
 * `X-Request-ID`.
 *
 * Your own `logger`, `http`, `https`, `requestTimeout`, `keepAliveTimeout`, `connectionTimeout` and
 * `maxRequestsPerSocket` hold beside it; `http2` is refused. Everything else is left alone: your answers get their headers
 * from `securityHeaders`, your errors their shape from `errorDoor`.
 * @throws ConfigurationError for missing settings and for files of TLS that cannot be used.
 */
export function secureServer(settings: Settings): SecureServerOptions {
  assertSettings('secureServer', settings);
  const headers = createSecurityHeaders(settings);
  // No logger yet: Fastify makes the application's after this.
  const readClient = clientReader(settings, ({ peer }, message) => {
    process.emitWarning(`${message} (peer ${peer})`, { code: 'SALLYPORT_TRUSTED_PROXIES' });
  });
  const enter = createEntry(readClient, systemClock);
  const refuse = (raw: IncomingMessage, response: ServerResponse, refusal: Refusal): void => {
    standOn(response, headers(contextOf(raw).secure));
    writeRefusal(raw, response, refusal);
  };
  let onClientError: SecureServerOptions['clientErrorHandler'] | undefined;
  return {
    serverFactory: createServerFactory(settings, { enter, refuse }, ownServerOptions),
    // Fastify binds it to the instance.
    clientErrorHandler(this: unknown, error, socket) {
      const { log } = this as { readonly log: FastifyBaseLogger };
      onClientError ??= createClientErrorHandler(headers, log);
      onClientError(error, socket);
    },
    frameworkErrors(error: unknown, given: unknown, answer: unknown) {
      const [request, reply] = [given as FastifyRequest, answer as FastifyReply];
      if (!hasContext(request.raw)) enter(request.raw, reply.raw);
      standOn(reply.raw, headers(contextOf(request.raw).secure));
      createErrorDoor(request.log).answer(error, request, reply);
    },
    genReqId: (raw) => (hasContext(raw) ? contextOf(raw).id : randomUUID()),
    return503OnClosing: false,
  };
}

/** With a factory Fastify leaves the server to it, and drops in silence what the application said of its own. */
function ownServerOptions(options: Record<string, unknown>): OwnServerOptions {
  const { http, https, http2 } = options;
  if (http2)
    throw new ConfigurationError(
      'ERR_OPTIONS',
      'secureServer: it speaks HTTP/1.1 alone. Take http2 out of the options, and let a proxy speak it.',
    );
  // Fastify fills what was not said: with 0, and keepAliveTimeout with the 72 s that we have too.
  const said = (...names: readonly string[]): Record<string, number> =>
    Object.fromEntries(
      names.flatMap((name) => (Number(options[name]) > 0 ? [[name, Number(options[name])]] : [])),
    );
  return {
    http: { ...(http as OwnServerOptions['http']), ...said('requestTimeout', 'keepAliveTimeout') },
    ...(https ? { https: https === true ? {} : (https as NonNullable<OwnServerOptions['https']>) } : {}),
    ...said('connectionTimeout', 'maxRequestsPerSocket'),
  };
}
