import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

type Upgrading = IncomingMessage & { readonly upgrade?: boolean };

/**
 * An `onRequest` hook for what a WebSocket plugin hands on: Node takes an upgrade's socket out of its books, so after an
 * answer instead of a handshake nobody would close it, and a stop would wait for it.
 */
export function endAnsweredUpgrade(
  { raw }: Pick<FastifyRequest, 'raw'>,
  reply: Pick<FastifyReply, 'raw'>,
  done: () => void,
): void {
  if ((raw as Upgrading).upgrade === true) reply.raw.once('finish', () => raw.socket.destroySoon());
  done();
}
