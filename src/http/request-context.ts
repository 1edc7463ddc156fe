import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../base/clock.js';
import type { RefusalCode } from '../base/errors.js';
import type { ClientReader } from './client-address.js';

/** What one request is known by, from its first byte to its log line. The last three are filled in on the way. */
export interface RequestContext {
  /** Answered as `X-Request-ID` and in every error body. */
  readonly id: string;
  /** Where the client stands: the socket's peer, or the right-most hop that no trusted proxy vouches for. */
  readonly address: string;
  /** Whether the client itself spoke TLS, to us or to a trusted proxy. */
  readonly secure: boolean;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** For the log line; set by whoever proved the principal. */
  principalId: string | undefined;
  /** The refusal that was answered, for the log line. */
  code: RefusalCode | undefined;
  /** Why, in words that never leave the process. */
  reason: string | undefined;
}

const kContext = Symbol('sallyport.request-context');

interface Carrier {
  [kContext]?: RequestContext;
}

/** What may stand in a header and a log line. */
export const isWellFormedId = (id: string): boolean => /^[\w-]{1,64}$/.test(id);

/** The context of a request that came through `openContext`. Throws for any other: a fault of the wiring. */
export function contextOf(raw: IncomingMessage): RequestContext {
  const context = (raw as IncomingMessage & Carrier)[kContext];
  if (context === undefined) throw new TypeError('this request has no context: it passed by the front door');
  return context;
}

export const hasContext = (raw: IncomingMessage): boolean =>
  (raw as IncomingMessage & Carrier)[kContext] !== undefined;

/**
 * Makes the context of a request once; a client's own `X-Request-ID` counts only where a trusted proxy hands it on.
 * @param fallback the id where there is none to hand on.
 */
export function openContext(
  raw: IncomingMessage,
  readClient: ClientReader,
  clock: Clock,
  fallback: () => string = randomUUID,
): RequestContext {
  const client = readClient(raw);
  const given = client.trusted ? raw.headers['x-request-id'] : undefined;
  const context: RequestContext = {
    id: typeof given === 'string' && isWellFormedId(given) ? given : fallback(),
    address: client.address,
    secure: client.secure,
    startedAt: clock.now(),
    principalId: undefined,
    code: undefined,
    reason: undefined,
  };
  (raw as IncomingMessage & Carrier)[kContext] = context;
  return context;
}
