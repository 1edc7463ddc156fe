import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.js';
import { contextOf } from './request-context.js';

const maxPathLength = 256;

/** The path without its query: values there may be secrets. */
export function loggedPath(url: string | undefined): string {
  const text = url ?? '';
  const query = text.search(/[?#]/);
  return (query === -1 ? text : text.slice(0, query)).slice(0, maxPathLength);
}

/**
 * One line a request, when its answer is done or its client is gone (ASVS 16.2.1). Never a header, a body or a query.
 * Returns a listener for the response's `close`, shared by all requests.
 */
export function createRequestLog(log: Logger, clock: Clock): (this: ServerResponse<IncomingMessage>) => void {
  return function logRequest(this: ServerResponse<IncomingMessage>) {
    const raw = this.req;
    const context = contextOf(raw);
    const line = {
      request_id: context.id,
      method: raw.method,
      path: loggedPath(raw.url),
      status: this.statusCode,
      ms: clock.now() - context.startedAt,
      address: context.address,
      principal_id: context.principalId,
      code: context.code,
      reason: context.reason,
      aborted: this.writableFinished ? undefined : true,
    };
    if (this.statusCode >= 500) log.error(line, 'request');
    else log.info(line, 'request');
  };
}
