import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import {
  expectRefusal,
  parseAnswers,
  requestBytes,
  sendBytes,
  standingHeaders,
} from '../support/raw-socket.js';
import { describeEachServer } from '../support/wire.js';

const head = (method: string, target: string, ...lines: readonly string[]) =>
  [`${method} ${target} HTTP/1.1`, 'Host: 127.0.0.1', ...lines, '', ''].join('\r\n');
const smuggled = head('DELETE', '/users/me', 'X-Smuggled: yes');
const post = (...lines: readonly string[]) =>
  head('POST', '/auth/revoke', 'Content-Type: application/x-www-form-urlencoded', ...lines);
const chunked = `7\r\ntoken=x\r\n0\r\n\r\n`;

/** Two readings each: whoever stands in front may have taken the other. What follows must never be served. */
const smuggling: readonly (readonly [name: string, bytes: string])[] = [
  ['CL and TE', post('Content-Length: 6', 'Transfer-Encoding: chunked') + chunked + smuggled],
  ['TE and CL', post('Transfer-Encoding: chunked', 'Content-Length: 6') + chunked + smuggled],
  ['CL.0 and TE', post('Content-Length: 0', 'Transfer-Encoding: chunked') + chunked + smuggled],
  ['two lengths that differ', `${post('Content-Length: 7', 'Content-Length: 0')}token=x${smuggled}`],
  ['two lengths alike', `${post('Content-Length: 7', 'Content-Length: 7')}token=x${smuggled}`],
  ['two lengths by comma', `${post('Content-Length: 7, 0')}token=x${smuggled}`],
  ['a length with a sign', `${post('Content-Length: +7')}token=x${smuggled}`],
  ['a negative length', `${post('Content-Length: -1')}token=x${smuggled}`],
  ['a length in hex', `${post('Content-Length: 0x7')}token=x${smuggled}`],
  ['a length with a blank in it', `${post('Content-Length: 7 7')}token=x${smuggled}`],
  ['a length beyond numbers', `${post('Content-Length: 99999999999999999999')}token=x${smuggled}`],
  ['a length that is empty', `${post('Content-Length:')}token=x${smuggled}`],
  ['a blank before the colon', `${post('Content-Length : 7')}token=x${smuggled}`],
  ['TE.TE', post('Transfer-Encoding: chunked', 'Transfer-Encoding: identity') + chunked + smuggled],
  ['TE.TE in one line', post('Transfer-Encoding: gzip, chunked') + chunked + smuggled],
  ['TE twice', post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + chunked + smuggled],
  ['TE with a tail', post('Transfer-Encoding: chunked, x') + chunked + smuggled],
  ['TE in quotes', post('Transfer-Encoding: "chunked"') + chunked + smuggled],
  ['TE xchunked', post('Transfer-Encoding: xchunked') + chunked + smuggled],
  ['TE with a vertical tab', post('Transfer-Encoding: \x0bchunked') + chunked + smuggled],
  ['TE folded', post('Transfer-Encoding:\r\n chunked') + chunked + smuggled],
  ['a blank before TE', `${post('Content-Length: 7\r\n Transfer-Encoding: chunked')}token=x${smuggled}`],
  [
    'bare LF in the head',
    `POST /auth/revoke HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 7\n\ntoken=x${smuggled}`,
  ],
  ['bare CR in the head', post('X: a\rTransfer-Encoding: chunked') + chunked + smuggled],
  ['NUL in the head', `${post('X: a\0b', 'Content-Length: 7')}token=x${smuggled}`],
  ['bare LF in chunks', `${post('Transfer-Encoding: chunked')}7\ntoken=x\n0\n\n${smuggled}`],
  ['a chunk size that is none', `${post('Transfer-Encoding: chunked')}zz\r\ntoken=x\r\n0\r\n\r\n${smuggled}`],
  ['a chunk size with a sign', `${post('Transfer-Encoding: chunked')}-7\r\ntoken=x\r\n0\r\n\r\n${smuggled}`],
  ['a chunk size in 0x', `${post('Transfer-Encoding: chunked')}0x7\r\ntoken=x\r\n0\r\n\r\n${smuggled}`],
  [
    'a chunk size beyond numbers',
    `${post('Transfer-Encoding: chunked')}ffffffffffffffff1\r\ntoken=x\r\n${smuggled}`,
  ],
  [
    'a chunk that is longer than said',
    `${post('Transfer-Encoding: chunked')}3\r\ntoken=x\r\n0\r\n\r\n${smuggled}`,
  ],
  [
    'a chunk extension of 20 KB',
    `${post('Transfer-Encoding: chunked')}7;${'x'.repeat(20_000)}\r\ntoken=x\r\n0\r\n\r\n${smuggled}`,
  ],
  [
    'chunked in HTTP/1.0',
    `POST /auth/revoke HTTP/1.0\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}${smuggled}`,
  ],
];

/** No request at all; each is told so. */
const garbage: readonly (readonly [name: string, bytes: string | Buffer, status?: number])[] = [
  ['letters', 'garbage\r\n\r\n'],
  ['zeros', Buffer.alloc(64)],
  ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex')],
  ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/0.9', 'GET /users/me\r\n\r\n'],
  ['HTTP/3.0', 'GET /users/me HTTP/3.0\r\nHost: 127.0.0.1\r\n\r\n'],
  ['HTTP/1.10', 'GET /users/me HTTP/1.10\r\nHost: 127.0.0.1\r\n\r\n'],
  ['http in lower case', 'GET /users/me http/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
  ['a method in lower case', 'get /users/me HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
  ['a method nobody knows', 'STEAL /users/me HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
  ['two blanks', 'GET  /users/me  HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
  ['a blank in the target', 'GET /users /me HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
  ['no target', 'GET HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
  ['a header without a name', 'GET /users/me HTTP/1.1\r\nHost: 127.0.0.1\r\n: x\r\n\r\n'],
  ['a header without a colon', 'GET /users/me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization\r\n\r\n'],
  ['a blank in a name', 'GET /users/me HTTP/1.1\r\nHost: 127.0.0.1\r\nX Y: z\r\n\r\n'],
  ['SMTP', 'EHLO example.org\r\nMAIL FROM:<a@b.c>\r\n\r\n'],
  ['Redis', '*1\r\n$4\r\nPING\r\n'],
  ['a header of 100 KB', head('GET', '/users/me', `X: ${'x'.repeat(100_000)}`), 431],
  ['2,000 headers', head('GET', '/users/me', ...Array.from({ length: 2_000 }, (_, n) => `X-${n}: ${n}`))],
  ['a target of 100 KB', head('GET', `/${'x'.repeat(100_000)}`)],
  ['a method of 100 KB', `${'X'.repeat(100_000)} / HTTP/1.1\r\n\r\n`],
];

describeEachServer('attack: framing', {}, (get) => {
  afterEach(async () => {
    expect((await get().call('GET', '/healthz')).status).toBe(200);
  });

  it.each(smuggling)('%s: one refusal, and what hides behind it is not served', async (_name, bytes) => {
    const seen = await sendBytes(get().port, bytes, { halfClose: true });
    const answers = parseAnswers(seen);
    expect(answers).toHaveLength(1);
    for (const answer of answers) expectRefusal(answer);
    expect(answers[0]?.headers['connection']).toBe('close');
  });

  it.each(garbage.map(([name, bytes, status]) => ({ name, bytes, status })))(
    '$name: a refusal in the documented shape, then the end',
    async ({ bytes, status }) => {
      const answers = parseAnswers(await sendBytes(get().port, bytes, { halfClose: true }));
      expect(answers).toHaveLength(1);
      for (const answer of answers) expectRefusal(answer, status);
    },
  );

  it('reads a chunked body with extensions and trailers, and believes no trailer', async () => {
    const trailers = 'Authorization: Bearer x\r\nHost: evil.example\r\n';
    const bytes = `${post('Connection: close', 'Transfer-Encoding: chunked', 'Trailer: Host')}7;x=y\r\ntoken=x\r\n0\r\n${trailers}\r\n`;
    const [answer] = parseAnswers(await sendBytes(get().port, bytes));
    expect([answer?.status, answer?.json]).toEqual([200, {}]);
    const length = bytes.replace(trailers, `${trailers}Content-Length: 3\r\n`);
    for (const refused of parseAnswers(await sendBytes(get().port, length))) expectRefusal(refused, 400);
  });

  it('answers pipelined requests in their order, and none of what follows garbage', async () => {
    const one = head('GET', '/healthz');
    const two = head('GET', '/users/me');
    const three = head('GET', '/nothing', 'Connection: close');
    const all = parseAnswers(await sendBytes(get().port, one + two + one + three));
    expect(all.map(({ status }) => status)).toEqual([200, 401, 200, 404]);
    for (const answer of all) expect(answer.headers).toMatchObject(standingHeaders);
    const broken = parseAnswers(
      await sendBytes(get().port, `${one}garbage\r\n\r\n${two}`, { halfClose: true }),
    );
    expect(broken.map(({ status }) => status).filter((status) => status === 401)).toEqual([]);
  });

  it('closes CONNECT, and stays plain HTTP when asked to upgrade', async () => {
    const connected = await sendBytes(
      get().port,
      'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n',
    );
    for (const answer of parseAnswers(connected)) expectRefusal(answer);
    for (const upgrade of ['websocket', 'h2c', 'TLS/1.0']) {
      const lines = [
        `Upgrade: ${upgrade}`,
        'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
        'Sec-WebSocket-Key: x',
      ];
      const bytes = requestBytes('GET', '/users/me', lines)
        .toString()
        .replace('close', 'close, Upgrade, HTTP2-Settings');
      const [answer] = parseAnswers(await sendBytes(get().port, bytes));
      if (answer === undefined) throw new Error('no answer');
      expectRefusal(answer, 401, 'not_authenticated');
    }
  });

  it('gives the whole answer to who sends a body where none is read, and closes only then', async () => {
    const body = Buffer.alloc(200_000, 0x78);
    for (const target of ['/docs/start.js', '/healthz', '/users/me', '/.well-known/jwks.json']) {
      const lines = ['Content-Type: application/json', `Content-Length: ${body.length}`];
      const answers = parseAnswers(await sendBytes(get().port, requestBytes('GET', target, lines, body)));
      expect(answers.map(({ status }) => status)).toEqual([target === '/users/me' ? 401 : 200]);
    }
  });

  it('sends no body to HEAD, even where the body of the request ends too soon', async () => {
    const bytes = head('HEAD', '/users', 'Content-Type: application/json', 'Transfer-Encoding: chunked');
    const seen = await sendBytes(get().port, `${bytes}zz\r\n`, { halfClose: true });
    for (const one of parseAnswers(seen, 'HEAD')) expect(one.headers).toMatchObject(standingHeaders);
  });

  it('answers Expect: what it can keep it keeps, anything else is 417', async () => {
    const kept = post('Connection: close', 'Content-Length: 7', 'Expect: 100-continue');
    const [good] = parseAnswers(await sendBytes(get().port, `${kept}token=x`));
    expect(good?.status).toBe(200);
    const other = post('Connection: close', 'Content-Length: 7', 'Expect: 200-ok');
    const [refused] = parseAnswers(await sendBytes(get().port, `${other}token=x`, { halfClose: true }));
    if (refused === undefined) throw new Error('no answer');
    expectRefusal(refused, 417, 'expectation_failed');
  });

  it('outlives clients that go away in the middle of anything', async () => {
    const halves = [
      'GE',
      'GET /users/me HTT',
      head('GET', '/users/me').slice(0, -2),
      `${post('Content-Length: 5000')}token=x`,
      `${post('Transfer-Encoding: chunked')}7\r\ntok`,
      head('GET', '/users/me'),
      `${post('Content-Length: 7')}token=x`,
    ];
    const goAway = (bytes: string, reset: boolean) =>
      new Promise<void>((resolve) => {
        const socket = connect(get().port, '127.0.0.1', () => {
          socket.write(bytes, () => (reset ? socket.resetAndDestroy() : socket.destroy()));
        });
        socket.on('error', () => undefined).on('close', () => resolve());
      });
    await Promise.all([...halves, ...halves, ...halves].map((bytes, at) => goAway(bytes, at % 2 === 0)));
    expect(get().log.lines.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
  });
});
