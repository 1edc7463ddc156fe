import type { IncomingMessage, ServerResponse } from 'node:http';
import { catalogue, InvalidInput, type Refusal } from '../base/errors.js';
import { challengeFor } from './challenge.js';
import { lingerOnClose } from './lingering-close.js';
import { MethodNotAllowed } from './method-not-allowed.js';
import { writeRateLimitFields } from './rate-limit-fields.js';
import { contextOf } from './request-context.js';
import type { HeaderLine } from './standing-response.js';

export const jsonType = 'application/json; charset=utf-8';

/** The body of every refusal: `detail`, `error` where OAuth names one, `code`, `request_id`. */
export function errorBody(refusal: Refusal, requestId: string): string {
  const entry: { detail: string; error?: string } = catalogue[refusal.code];
  const detail = refusal instanceof InvalidInput ? refusal.issues : refusal.detail;
  const error = entry.error === undefined ? {} : { error: entry.error };
  return JSON.stringify({ detail, ...error, code: refusal.code, request_id: requestId });
}

/** What a refusal says in its header, whoever writes its body. */
export function refusalFields(refusal: Refusal): HeaderLine[] {
  const lines: HeaderLine[] = [];
  if (refusal.status === 401) lines.push(['www-authenticate', challengeFor(refusal.code)]);
  if (refusal instanceof MethodNotAllowed) lines.push(['allow', refusal.allow]);
  if (refusal.retryAfter !== undefined) {
    lines.push(['retry-after', String(Math.max(1, Math.ceil(refusal.retryAfter)))]);
  }
  return lines;
}

/** The fields that belong to a refusal, beside those that stand on every answer. */
export const errorHeaders = (refusal: Refusal, body: string): HeaderLine[] => [
  ['content-type', jsonType],
  ['content-length', String(Buffer.byteLength(body))],
  ...refusalFields(refusal),
];

/** A body is to come, even if no byte of it does (RFC 9112 §6.3). */
export const announcesBody = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** A body announced and not yet read to its end. */
export const hasUnreadBody = (raw: IncomingMessage): boolean => !raw.complete && announcesBody(raw);

/** What a handler had set for the content that it never gave. */
export const contentFields = [
  'content-encoding',
  'etag',
  'last-modified',
  'content-disposition',
  'accept-ranges',
];
const notOfAnError = [...contentFields, 'set-cookie'];

/** Writes a refusal on a response whose standing headers are set. If an answer has begun, the connection is cut. */
export function writeRefusal(raw: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent || response.writableEnded) {
    response.destroy();
    return;
  }
  const context = contextOf(raw);
  context.code = refusal.code;
  context.reason ??= refusal.reason;
  const body = errorBody(refusal, context.id);
  for (const name of notOfAnError) response.removeHeader(name);
  for (const [name, value] of errorHeaders(refusal, body)) response.setHeader(name, value);
  if (refusal.limit !== undefined) writeRateLimitFields(response, refusal.limit);
  response.setHeader('cache-control', 'no-store');
  if (hasUnreadBody(raw)) {
    response.setHeader('connection', 'close');
    lingerOnClose(raw.socket);
  }
  response.writeHead(refusal.status);
  response.end(raw.method === 'HEAD' ? undefined : body);
}
