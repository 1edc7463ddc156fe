import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { FastifyServerOptions } from 'fastify';
import { Refusal, type RefusalCode } from '../base/errors.js';
import type { Settings } from '../settings/settings.js';
import { connectionOf } from './connection.js';
import { faultOfTarget } from './request-target.js';
import { type OwnServerOptions, openServer } from './secure-server.js';

export interface ServerDoor {
  /** For every request that Node's parser let pass. */
  readonly enter: (raw: IncomingMessage, response: ServerResponse) => void;
  /** Answers what is refused before Fastify routes it: 414, 400, 417. */
  readonly refuse: (raw: IncomingMessage, response: ServerResponse, refusal: Refusal) => void;
}

type Factory = NonNullable<FastifyServerOptions<Server>['serverFactory']>;

/**
 * What stands between Node's server and Fastify.
 * @param own reads what the application itself said of its server, out of Fastify's options.
 */
export function createServerFactory(
  settings: Pick<Settings, 'tls'>,
  { enter, refuse }: ServerDoor,
  own: (options: Record<string, unknown>) => OwnServerOptions = () => ({}),
): Factory {
  let first: Server | undefined;
  return (handler, options) => {
    const listener: RequestListener = (raw, response) => {
      // The connection is being ended; what hid behind an unread body is not served.
      if (connectionOf(raw.socket).lingers) return;
      enter(raw, response);
      const fault: RefusalCode | undefined = faultOfTarget(raw);
      if (fault === undefined) handler(raw, response);
      else refuse(raw, response, new Refusal(fault));
    };
    const onExpectation = (raw: IncomingMessage, response: ServerResponse): void => {
      enter(raw, response);
      refuse(raw, response, new Refusal('expectation_failed'));
    };
    const server = openServer(settings, listener, onExpectation, own(options as Record<string, unknown>));
    // For `localhost` Fastify opens a server for each of its addresses and looks after the first one's errors alone.
    if (first === undefined) first = server;
    else server.on('clientError', (error, socket) => first?.emit('clientError', error, socket));
    return server;
  };
}
