import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createServerFactory } from '../../src/http/server-door.js';

describe('createServerFactory', () => {
  it("tells the first server of the errors of those that Fastify opens for localhost's other addresses", async () => {
    const door = { enter: () => undefined, refuse: () => undefined };
    const open = createServerFactory({ tls: undefined }, door);
    const [first, second] = [open(() => undefined, {}) as Server, open(() => undefined, {}) as Server];
    const told = once(first, 'clientError');
    second.listen(0, '127.0.0.1');
    await once(second, 'listening');
    const socket = connect((second.address() as AddressInfo).port, '127.0.0.1', () =>
      socket.write('garbage\r\n\r\n'),
    );
    const [error, broken] = await told;
    expect(error.code).toBe('HPE_INVALID_METHOD');
    broken.destroy();
    socket.destroy();
    second.close();
  });
});
