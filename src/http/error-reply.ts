import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../base/errors.js';
import { contentFields, errorBody, hasUnreadBody, jsonType, refusalFields } from './error-answer.js';
import { type ErrorDoor, logFault, toRefusal } from './error-door.js';
import { lingerOnClose } from './lingering-close.js';
import { contextOf } from './request-context.js';
import type { HeaderLine } from './standing-response.js';
import { isTyped } from './typed-route.js';

/** An error as an application's own HTTP libraries make it (Fastify, http-errors). */
interface HttpError {
  readonly statusCode: number;
  readonly code?: unknown;
  readonly message?: unknown;
  /** False: the words are not for the client. */
  readonly expose?: unknown;
  readonly headers?: unknown;
}

interface Told {
  readonly status: number;
  readonly code: string;
  readonly body: string;
  readonly fields: readonly HeaderLine[];
}

const isErrorStatus = (status: unknown): status is number =>
  Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599;

const isHttpError = (error: unknown): error is HttpError =>
  typeof error === 'object' && error !== null && 'statusCode' in error && isErrorStatus(error.statusCode);

const phraseOf = (status: number): string => STATUS_CODES[status] ?? 'Error';
const codeOf = (status: number): string =>
  phraseOf(status)
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, '_');

/** The error's own code where it has one, or its status in words; its message below 500 alone. */
function tellOwn(error: HttpError, requestId: string): Told {
  const { statusCode: status, message, expose } = error;
  const isTold = status < 500 && expose !== false && typeof message === 'string' && message !== '';
  const detail = isTold ? message : phraseOf(status);
  const code =
    status < 500 && typeof error.code === 'string' && /^\w{1,64}$/.test(error.code)
      ? error.code
      : codeOf(status);
  return { status, code, body: JSON.stringify({ detail, code, request_id: requestId }), fields: [] };
}

function tellRefusal(refusal: Refusal, requestId: string): Told {
  const { status, code } = refusal;
  return { status, code, body: errorBody(refusal, requestId), fields: refusalFields(refusal) };
}

/** Whatever was thrown. A status that the handler had set is kept, its words are not: nobody meant them for the client. */
function tell(error: unknown, reply: FastifyReply, requestId: string): Told {
  if (error instanceof Refusal) return tellRefusal(error, requestId);
  const known = toRefusal(error);
  // Only Fastify's own codes: an ECONNRESET of the application's own calls is a fault.
  const isFastifys =
    known.code !== 'internal_error' && String(Reflect.get(Object(error), 'code')).startsWith('FST_');
  if (isFastifys) return tellRefusal(known, requestId);
  if (isHttpError(error)) return tellOwn(error, requestId);
  if (isErrorStatus(reply.statusCode))
    return tellOwn({ statusCode: reply.statusCode, expose: false }, requestId);
  return tellRefusal(new Refusal('internal_error', { cause: error }), requestId);
}

/**
 * An error handler for an application that exists: what its other plugins set on the reply stays, and its `onSend` hooks
 * run.
 */
export function answerByReply(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const context = contextOf(request.raw);
  const { status, code, body, fields } = tell(error, reply, context.id);
  if (status >= 500) logFault(request.log, request.raw, code, causeOf(error));
  else if (error instanceof Refusal && error.reason !== undefined)
    request.log.info({ request_id: context.id, code, reason: error.reason }, 'refused');
  for (const name of contentFields) reply.removeHeader(name);
  if (isHttpError(error) && typeof error.headers === 'object' && error.headers !== null)
    reply.headers(error.headers as Parameters<FastifyReply['headers']>[0]);
  for (const [name, value] of fields) reply.header(name, value);
  reply.header('cache-control', 'no-store');
  if (hasUnreadBody(request.raw)) {
    reply.header('connection', 'close');
    lingerOnClose(request.raw.socket);
  }
  reply.code(status).type(jsonType).send(body);
}

/**
 * The error handler of an application of ours. A plugin's own 4xx keeps its status: too large a file, a range that is not
 * there. What a typed route throws is a refusal or a fault.
 */
export const createErrorHandler =
  ({ answer }: ErrorDoor): ErrorDoor['answer'] =>
  (error, request, reply) => {
    const isPlugins = !isTyped(request.routeOptions.config) && isHttpError(error) && error.statusCode < 500;
    if (isPlugins && toRefusal(error).code === 'internal_error') answerByReply(error, request, reply);
    else answer(error, request, reply);
  };

const causeOf = (error: unknown): unknown => (error instanceof Refusal ? (error.cause ?? error) : error);

/** What an answer must say that another error handler writes: the challenge of a 401, when to come again. */
export function announceRefusal(error: unknown, reply: FastifyReply): void {
  if (!(error instanceof Refusal)) return;
  for (const [name, value] of refusalFields(error)) reply.header(name, value);
  reply.header('cache-control', 'no-store');
}
