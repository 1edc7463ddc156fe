import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { connectionOf } from './connection.js';

const patience = 2_000;
const bytesDiscarded = 4 * 1024 * 1024;

/**
 * Ends a connection whose client may still be sending: closing with unread bytes makes the kernel reset it, and the
 * client may lose the answer that it was given (RFC 9112 §9.6). So: say goodbye, discard for up to 2 s or 4 MB, close.
 * Nothing that still arrives is parsed any more.
 */
export function lingeringClose(socket: Socket): void {
  if (socket.destroyed) return;
  // Listening takes the bytes away from Node's HTTP parser; then its listeners go too.
  socket.on('data', () => undefined);
  socket.removeAllListeners('data');
  let left = bytesDiscarded;
  socket.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
  const timer = setTimeout(() => socket.destroy(), patience);
  timer.unref();
  socket.once('end', () => socket.destroy());
  socket.once('close', () => clearTimeout(timer));
  socket.end();
  socket.resume();
}

/** Node closes by `destroySoon` after an answer with `Connection: close`; from here on that is done lingering. */
export function lingerOnClose(socket: Socket): void {
  connectionOf(socket).lingers = true;
  socket.destroySoon = () => lingeringClose(socket);
}

/**
 * The same for an answer that was no refusal and needed no body, where one was sent all the same: `Connection: close`
 * then meets bytes that nobody read. What came whole is closed at once.
 */
export function lingerIfUnread(raw: IncomingMessage): void {
  const { socket } = raw;
  // Set anew by every such request on a connection, not wrapped: a chain would grow as long as the connection lives.
  socket.destroySoon = () => {
    if (raw.complete) Socket.prototype.destroySoon.call(socket);
    else lingeringClose(socket);
  };
}
