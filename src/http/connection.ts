import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { normalizeAddress } from './address-form.js';

type Answer = ServerResponse<IncomingMessage>;

/** What we know of a socket, kept on it, made at its first request. */
export interface Connection {
  /** The peer's address in its one spelling; empty when the socket is gone. */
  readonly peer: string;
  /** The answers it still owes, in the order in which they were asked for (pipelining). */
  readonly open: Answer[];
  /** It is being ended: nothing that still arrives on it is served. */
  lingers: boolean;
}

const kConnection = Symbol('sallyport.connection');

interface Carrier {
  [kConnection]?: Connection;
}

export function connectionOf(socket: Socket & Carrier): Connection {
  const known = socket[kConnection];
  if (known !== undefined) return known;
  const made: Connection = {
    peer: normalizeAddress(socket.remoteAddress ?? '') ?? '',
    open: [],
    lingers: false,
  };
  socket[kConnection] = made;
  return made;
}

export function closeAnswer(connection: Connection, answer: Answer): void {
  const at = connection.open.indexOf(answer);
  if (at !== -1) connection.open.splice(at, 1);
}
