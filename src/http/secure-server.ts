import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions as TlsServerOptions } from 'node:https';
import { ConfigurationError } from '../base/errors.js';
import type { Settings } from '../settings/settings.js';
import { StandingResponse } from './standing-response.js';

/** Milliseconds. With a factory Fastify leaves these to the server itself. */
const limits = {
  /** For the head of a request; slow ones are 408. */
  headersTimeout: 10_000,
  /** For a whole request with its body. */
  requestTimeout: 30_000,
  keepAliveTimeout: 72_000,
  connectionsCheckingInterval: 2_000,
} as const;

/** Bytes of a request's head; beyond is 431. A token may have 8 KB. */
const maxHeaderSize = 16 * 1024;

const serverOptions = {
  ...limits,
  maxHeaderSize,
  insecureHTTPParser: false,
  // A missing Host is refused by trusted-hosts.ts, in our shape; Node's own answer has no headers.
  requireHostHeader: false,
  noDelay: true,
  ServerResponse: StandingResponse,
} as const;

function readTlsFile(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new ConfigurationError(
      'ERR_TLS_FILE',
      `${name}: cannot read ${path} (${why}). Set ${name} to a PEM file that this user may read.`,
    );
  }
}

/** What an application that exists said of its own server; each is stronger than ours. */
export interface OwnServerOptions {
  readonly http?: ServerOptions;
  /** TLS by the application's own certificate, whatever the settings say. */
  readonly https?: TlsServerOptions;
  /** Milliseconds a socket may be silent. */
  readonly connectionTimeout?: number;
  readonly maxRequestsPerSocket?: number;
}

function openTls(tls: NonNullable<Settings['tls']>, own: ServerOptions, listener: RequestListener): Server {
  const cert = readTlsFile('TLS_CERT_FILE', tls.certFile);
  const key = readTlsFile('TLS_KEY_FILE', tls.keyFile);
  try {
    return createTlsServer({ ...serverOptions, ...own, cert, key, minVersion: 'TLSv1.2' }, listener);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'refused';
    throw new ConfigurationError(
      'ERR_TLS_FILE',
      `TLS_CERT_FILE and TLS_KEY_FILE do not fit together: ${why}. Set both to the PEM files of one pair, the key without a passphrase.`,
    );
  }
}

/** Node refuses a head that may take longer than its whole request. */
const shorterHead = ({ requestTimeout = 0 }: ServerOptions): ServerOptions =>
  requestTimeout > 0 && requestTimeout < limits.headersTimeout ? { headersTimeout: requestTimeout } : {};

/**
 * The server that listens: https where certificate files are set (TLS 1.2 and up, ASVS 12.1.1), else http.
 * @param onExpectation answers an `Expect` that is not 100-continue (417).
 */
export function openServer(
  settings: Pick<Settings, 'tls'>,
  listener: RequestListener,
  onExpectation: (raw: IncomingMessage, response: ServerResponse) => void,
  { http = {}, https, connectionTimeout, maxRequestsPerSocket }: OwnServerOptions = {},
): Server {
  const own = { ...shorterHead(http), ...http };
  const open = (): Server => {
    if (https !== undefined)
      return createTlsServer({ ...serverOptions, minVersion: 'TLSv1.2', ...own, ...https }, listener);
    if (settings.tls !== undefined) return openTls(settings.tls, own, listener);
    return createServer({ ...serverOptions, ...own }, listener);
  };
  const server = open();
  if (connectionTimeout !== undefined) server.setTimeout(connectionTimeout);
  if (maxRequestsPerSocket !== undefined) server.maxRequestsPerSocket = maxRequestsPerSocket;
  server.on('checkExpectation', onExpectation);
  return server;
}
