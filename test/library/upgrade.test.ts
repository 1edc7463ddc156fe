import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { currentUser } from '../../dist/index.js';
import { describeEachApp, type LibraryApp } from '../support/library.js';
import { parseAnswers, sendBytes } from '../support/raw-socket.js';

const handshake = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** As a WebSocket plugin does it: what asks for an upgrade goes through the routes. */
function handOn({ fastify }: LibraryApp['app']): void {
  fastify.server.on('upgrade', (raw: IncomingMessage, socket: Socket) => {
    const response = new ServerResponse(raw);
    response.assignSocket(socket);
    fastify.routing(raw, response);
  });
}

describeEachApp(
  'an upgrade that a plugin hands on',
  {
    build: ({ app }) => {
      const plugin = async (scope: LibraryApp['app']['fastify']) =>
        void scope.get('/socket', async () => 'in');
      app.register(plugin, {}, { needs: { user: currentUser } });
      handOn(app);
    },
  },
  (get) => {
    it.each([
      ['/socket', 401],
      ['/nowhere', 404],
      ['/healthz', 200],
    ])('to %s passes the gate, and its socket ends with the answer %i', async (path, status) => {
      const port = Number(new URL(get().url).port);
      // Nobody closes on the client's side: what hangs would be told after 10 s, and hold up the stop.
      const [answer] = parseAnswers(await sendBytes(port, handshake(path)));
      expect(answer?.status).toBe(status);
      expect(answer?.headers['x-content-type-options']).toBe('nosniff');
    });
  },
);
