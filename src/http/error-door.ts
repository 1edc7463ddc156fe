import type { IncomingMessage } from 'node:http';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal, type RefusalCode } from '../base/errors.js';
import { writeRefusal } from './error-answer.js';
import { describeError } from './error-description.js';
import { contextOf } from './request-context.js';

/** Fastify's own errors as entries of the catalogue; what is not listed here is a fault of ours (500). */
const frameworkCodes: Readonly<Record<string, RefusalCode>> = {
  FST_ERR_BAD_URL: 'bad_request',
  FST_ERR_MAX_PARAM_LENGTH: 'uri_too_long',
  FST_ERR_NOT_FOUND: 'not_found',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
  FST_ERR_CTP_EMPTY_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_TYPE: 'unsupported_media_type',
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: 'unsupported_media_type',
  ECONNRESET: 'bad_request',
  ERR_STREAM_PREMATURE_CLOSE: 'bad_request',
};

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

/** Any thrown thing as a refusal. What the catalogue does not know is 500, its cause for the log alone (ASVS 16.5.1). */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const known = frameworkCodes[codeOf(error)];
  return known === undefined ? new Refusal('internal_error', { cause: error }) : new Refusal(known);
}

type FaultLog = Pick<FastifyBaseLogger, 'error'>;

/** What stays behind of an answer of 500 and more. */
export function logFault(log: FaultLog, raw: IncomingMessage, code: string, error: unknown): void {
  log.error({ request_id: contextOf(raw).id, code, fault: describeError(error) }, 'a request failed');
}

export interface ErrorDoor {
  /** For `setErrorHandler` and `frameworkErrors`: the one way out for a refusal or a fault. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void;
}

export function createErrorDoor(log: FaultLog): ErrorDoor {
  return {
    answer(error, request, reply) {
      const refusal = toRefusal(error);
      if (refusal.status >= 500) logFault(log, request.raw, refusal.code, refusal.cause ?? refusal);
      reply.hijack();
      writeRefusal(request.raw, reply.raw, refusal);
    },
  };
}
