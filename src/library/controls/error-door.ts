import type { FastifyRequest } from 'fastify';
import { ConfigurationError, Refusal } from '../../base/errors.js';
import { answerByReply } from '../../http/error-reply.js';
import { type Control, control } from './control.js';
import type { Entrance } from './entrance.js';

/** The one error handler, for requests too that were refused before they came to our hook. */
export const answerBy =
  (entrance: Entrance): typeof answerByReply =>
  (error, request, reply) => {
    entrance.assureContext(request, reply);
    answerByReply(error, request, reply);
  };

/** Fastify's handler for what no route takes, where the application set none. */
const isFastifysNotFound = ({ routeOptions }: FastifyRequest): boolean =>
  (routeOptions as { readonly handler?: { readonly name: string } }).handler?.name === 'basic404';

/**
 * One shape for every error: `{ detail, code, request_id }`, with `Cache-Control: no-store`.
 *
 * - A `Refusal` (thrown by a guard, a control or you) answers with its status, code and words, a 401 with its challenge.
 * - An error with a `statusCode` below 500 (`@fastify/sensible`, http-errors, Fastify's own validation) keeps status,
 *   `headers` and message, unless it says `expose: false`; its `code` is the error's own, or its status in words.
 * - Anything else is a 500 and its message stays in your log; an error of 501 to 599 keeps its status alone (ASVS 16.5.1).
 * - A path that no route takes is a 404 in this shape, unless the application has a `setNotFoundHandler`.
 *
 * What other plugins set on the reply stays, and `onSend` hooks run. An error handler that a plugin or a route has of its
 * own keeps its errors; refusals that reach it bear status, challenge and `Retry-After`, in that handler's shape. Not
 * covered: a 405 (Fastify answers 404), and what is refused before routing, which is `secureServer`'s.
 * @throws ConfigurationError where a route was there before: Fastify has bound its error handler by then.
 */
export const errorDoor: Control = control('errorDoor', [], (app, _options, entrance) => {
  const { firstRoute } = entrance;
  if (firstRoute !== undefined)
    throw new ConfigurationError(
      'ERR_CONTROL_ORDER',
      `errorDoor: the application has routes already (${firstRoute}), whose errors would not come by it. Register it before the first route, and before the plugins that bring some.`,
    );
  app.setErrorHandler(answerBy(entrance));
  // For reply.callNotFound(), which comes by here alone.
  app.addHook('preHandler', (request, _reply, done) => {
    done(isFastifysNotFound(request) ? new Refusal('not_found') : undefined);
  });
  // Before the body is read.
  return (request, _reply, goOn) => goOn(isFastifysNotFound(request) ? new Refusal('not_found') : undefined);
});
