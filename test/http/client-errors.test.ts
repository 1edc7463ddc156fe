import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAnswer, sendRaw, startApp, type TestApp } from './http-app.js';

const good = 'GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n';
const statuses = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1] ?? '');

/** When the next connection's bytes are in the server's hands, as many as these. */
async function whenRead({ app }: TestApp, length: number): Promise<void> {
  const [socket]: Socket[] = await once(app.server, 'connection');
  while (socket !== undefined && socket.bytesRead < length) await new Promise(setImmediate);
}

describe('what the parser refuses', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp();
  });
  afterAll(() => server.app.close());

  it('never writes into an answer that has begun', async () => {
    let sent = false;
    const text = await sendRaw(
      server.port,
      'GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n',
      (socket, seen) => {
        if (!sent && seen.includes('begun')) {
          sent = true;
          socket.write('garbage\r\n\r\n');
        }
      },
    );
    expect(statuses(text)).toEqual(['200']);
    expect(text).not.toContain('Bad Request');
  });

  it('gives good requests their answers before it ends the connection for what came after them', async () => {
    const bothRead = Promise.all([once(server.slow, 'entered'), once(server.app.server, 'clientError')]);
    void bothRead.then(() => server.slow.emit('open'));
    const text = await sendRaw(server.port, `${good}garbage\r\n\r\n`);
    expect(statuses(text)).toEqual(['200']);
    expect(text).toContain('{"slow":true}');
  });

  it('answers a body that breaks off in garbage, once', async () => {
    const head =
      'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const text = await sendRaw(server.port, `${head}5\r\n{"a":\r\nnot a chunk`);
    expect(statuses(text)).toEqual(['400']);
    expect(parseAnswer(text).json()).toMatchObject({ code: 'bad_request' });
  });

  it('serves no request that hides behind a refused body', async () => {
    const inner = 'GET /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const head = `POST /guarded HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello`;
    for (const bytes of [head + inner, head + inner + inner]) {
      expect(statuses(await sendRaw(server.port, bytes))).toEqual(['401']);
    }
    // A later request's line stands behind whatever the hidden ones would have written.
    await sendRaw(server.port, 'GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(server.lines.map((line) => line['path'])).not.toContain('/whoami');
  });

  it.each([
    ['CL.TE', 'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG'],
    ['TE.CL', 'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n'],
    ['TE.TE', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n'],
    ['a tab before chunked', 'Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n'],
    ['xchunked', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['a plus in Content-Length', 'Content-Length: +3\r\n\r\nabc'],
    ['a list in Content-Length', 'Content-Length: 3, 3\r\n\r\nabc'],
    ['hex in Content-Length', 'Content-Length: 0x3\r\n\r\nabc'],
    ['a bare line feed in a chunk', 'Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n'],
    ['a chunk size too large', 'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\na\r\n0\r\n\r\n'],
  ])('refuses smuggling by %s', async (_what, rest) => {
    const inner = 'GET /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const head = 'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const text = await sendRaw(server.port, `${head}${rest}${inner}`);
    expect(statuses(text)).toEqual(['400']);
    expect(parseAnswer(text).headers['connection']).toBe('close');
  });

  it('says 408 to a head that never ends, with every header', async () => {
    const own = await startApp();
    own.app.server.headersTimeout = 50;
    own.app.server.requestTimeout = 100;
    // Node looks for late requests every two seconds.
    const text = await sendRaw(own.port, 'GET /hello HTTP/1.1\r\nHost: local');
    expect(statuses(text)).toEqual(['408']);
    expect(parseAnswer(text).headers).toMatchObject({
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
    expect(parseAnswer(text).json()).toMatchObject({ code: 'request_timeout', detail: 'Request Timeout' });
    await own.app.close();
  });

  it('does not reset a client that is still sending its refused body', async () => {
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    const seen: string[] = [];
    const errors: string[] = [];
    let left = 20;
    const send = (): void => {
      left -= 1;
      if (left > 0) socket.write(Buffer.alloc(10_000), () => setTimeout(send, 5));
      else socket.end();
    };
    socket.on('error', (error) => errors.push(error.message));
    socket.on('data', (chunk) => seen.push(chunk.toString()));
    socket.once('data', send);
    socket.write('POST /guarded HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n\r\n');
    await once(socket, 'close');
    expect(statuses(seen.join(''))).toEqual(['401']);
    expect(parseAnswer(seen.join('')).headers['connection']).toBe('close');
    expect({ errors, left }).toEqual({ errors: [], left: 0 });
  });

  it('cuts a client that never stops sending', async () => {
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    let sent = 0;
    const send = (): void => {
      if (!socket.writable || sent > 1_000) return;
      sent += 1;
      socket.write(Buffer.alloc(100_000), send);
    };
    socket.on('error', () => undefined);
    socket.once('data', send);
    socket.write('POST /guarded HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000000\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(1_000);
  });

  it('writes a log line for what never became a request', async () => {
    await sendRaw(server.port, 'garbage\r\n\r\n');
    expect(server.lines.at(-1)).toMatchObject({ status: 400, code: 'bad_request', address: '127.0.0.1' });
  });

  it('survives a client that hangs up at any point', async () => {
    for (const bytes of [
      '',
      'G',
      'GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    ]) {
      await sendRaw(server.port, bytes, undefined, whenRead(server, bytes.length));
      server.slow.emit('open');
    }
    expect(
      statuses(
        await sendRaw(server.port, 'GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
      ),
    ).toEqual(['200']);
    expect(server.lines.every((line) => line['level'] !== 50)).toBe(true);
  });

  it('is told by Node what the options say', () => {
    const plain = createServer();
    expect(server.app.server.requestTimeout).toBe(30_000);
    expect(server.app.server.headersTimeout).toBe(10_000);
    expect(server.app.server.keepAliveTimeout).toBe(72_000);
    expect(server.app.server.maxRequestsPerSocket).toBe(plain.maxRequestsPerSocket);
  });
});
