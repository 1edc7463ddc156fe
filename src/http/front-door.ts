import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.js';
import type { Settings } from '../settings/settings.js';
import { type ClientReader, createClientReader } from './client-address.js';
import { closeAnswer, connectionOf } from './connection.js';
import { hasUnreadBody } from './error-answer.js';
import { lingerIfUnread } from './lingering-close.js';
import { openContext, type RequestContext } from './request-context.js';
import { createRequestLog } from './request-log.js';
import { createSecurityHeaders } from './security-headers.js';
import { standOn, standOneOn } from './standing-response.js';

const undeclaredProxy =
  'X-Forwarded headers came from a peer that TRUSTED_PROXIES does not name: they are ignored. If this is your ' +
  'proxy, declare it, or all its clients share one address and one limit';

/** Who a request comes from, by the settings; an undeclared proxy is told once. */
export const clientReader = (
  settings: Pick<Settings, 'trustedProxies'>,
  warn: (fields: { readonly peer: string }, message: string) => void,
): ClientReader => createClientReader(settings.trustedProxies, (peer) => warn({ peer }, undeclaredProxy));

type Answer = ServerResponse<IncomingMessage>;

/** Context, id and the books of the connection. `done` is told when the answer is out or its client gone. */
export function createEntry(
  readClient: ClientReader,
  clock: Clock,
  done: (this: Answer) => void = () => undefined,
): (raw: IncomingMessage, response: ServerResponse) => RequestContext {
  function onClose(this: Answer): void {
    closeAnswer(connectionOf(this.req.socket), this);
    done.call(this);
  }
  return (raw, response) => {
    const context = openContext(raw, readClient, clock);
    if (hasUnreadBody(raw)) lingerIfUnread(raw);
    standOneOn(response, 'x-request-id', context.id);
    connectionOf(raw.socket).open.push(response as Answer);
    response.on('close', onClose);
    return context;
  };
}

/** Context and standing headers: the one thing that happens to every request, by socket or by app.inject. */
export function createFrontDoor(deps: {
  readonly settings: Settings;
  readonly log: Logger;
  readonly clock: Clock;
}): (raw: IncomingMessage, response: ServerResponse) => void {
  const { settings, log, clock } = deps;
  const readClient = clientReader(settings, (fields, message) => log.warn(fields, message));
  const enter = createEntry(readClient, clock, createRequestLog(log, clock));
  const headers = createSecurityHeaders(settings);
  return (raw, response) => {
    const { secure } = enter(raw, response);
    standOn(response, headers(secure));
  };
}
