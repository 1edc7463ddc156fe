import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { FastifyBaseLogger } from 'fastify';
import { Refusal, type RefusalCode } from '../base/errors.js';
import { connectionOf } from './connection.js';
import { errorBody, errorHeaders } from './error-answer.js';
import { lingeringClose } from './lingering-close.js';
import { contextOf } from './request-context.js';
import type { SecurityHeaders } from './security-headers.js';

const parserCodes: Readonly<Record<string, RefusalCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** A whole answer as bytes, for a request that never became one. */
function rawAnswer(
  refusal: Refusal,
  requestId: string,
  headers: SecurityHeaders,
  { secure, toHead }: { readonly secure: boolean; readonly toHead: boolean },
): string {
  const body = errorBody(refusal, requestId);
  const lines = [
    ...headers(secure).lines,
    ['x-request-id', requestId] as const,
    ...errorHeaders(refusal, body),
    ['connection', 'close'] as const,
  ];
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}\r\n${head}\r\n${toHead ? '' : body}`;
}

/**
 * Answers what Node's parser refuses (garbage, CL with TE, 431, 408) in the documented shape. It never writes into an
 * answer that has begun, nor before one that an earlier request on the connection still waits for.
 */
export function createClientErrorHandler(
  headers: SecurityHeaders,
  log: Pick<FastifyBaseLogger, 'info'>,
): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    const code = error.code ?? '';
    if (!socket.writable || socket.destroyed || code === 'ECONNRESET' || /^ERR_(?:SSL|TLS)/.test(code)) {
      socket.destroy();
      return;
    }
    const { open, peer } = connectionOf(socket);
    if (open.some((answer) => answer.headersSent)) {
      socket.destroy();
      return;
    }
    const last = open.at(-1);
    if (last?.req.complete) {
      // Good requests wait; what came after them was garbage. They get their answers, then the connection ends.
      last.setHeader('connection', 'close');
      return;
    }
    if (open.length > 1) {
      socket.destroy();
      return;
    }
    const refusal = new Refusal(parserCodes[code] ?? 'bad_request');
    const requestId = last === undefined ? randomUUID() : contextOf(last.req).id;
    socket.write(
      rawAnswer(refusal, requestId, headers, {
        secure: socket instanceof TLSSocket,
        toHead: last?.req.method === 'HEAD',
      }),
    );
    lingeringClose(socket);
    log.info(
      { request_id: requestId, status: refusal.status, code: refusal.code, reason: code, address: peer },
      'request',
    );
  };
}
