import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';

/** One answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as JSON; undefined where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says itself what it expects
  readonly json: any;
}

interface Sending {
  /** Says goodbye after the last byte, as a client does that sends no more. */
  readonly halfClose?: boolean;
  /** Ends the socket as soon as this is true of what came. */
  readonly enough?: (seen: string) => boolean;
}

/** Sends bytes as they are and gives back all that comes until the connection ends. */
export function sendBytes(port: number, bytes: string | Buffer, how: Sending = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1');
    let seen = '';
    socket.on('connect', () => {
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
      if (how.halfClose) socket.end();
    });
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
      if (how.enough?.(seen)) socket.end();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(seen));
    socket.setTimeout(10_000, () => socket.destroy(new Error(`the server hangs; seen so far: ${seen}`)));
  });
}

/** Splits what came into answers by their framing: a byte too much, or an answer cut short, is an error. */
export function parseAnswers(seen: string, method = 'GET'): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = seen;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (!rest.startsWith('HTTP/1.1 ') || end < 0) throw new Error(`no answer: ${JSON.stringify(rest)}`);
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const status = Number(statusLine.split(' ')[1]);
    const bodiless = method === 'HEAD' || status === 204 || status === 304 || status < 200;
    const length = bodiless ? 0 : Number(headers['content-length'] ?? Number.NaN);
    const body = rest.slice(end + 4, end + 4 + length);
    if (Number.isNaN(length) || body.length < length) throw new Error(`cut short: ${JSON.stringify(rest)}`);
    rest = rest.slice(end + 4 + length);
    if (status < 200) continue;
    answers.push({ status, headers, body, json: jsonOf(headers, body) });
  }
  return answers;
}

function jsonOf(headers: Readonly<Record<string, string>>, body: string): unknown {
  if (body === '' || !headers['content-type']?.startsWith('application/json')) return undefined;
  return JSON.parse(Buffer.from(body, 'latin1').toString('utf8'));
}

/** Sends one request and gives back its one answer. */
export async function askRaw(port: number, bytes: string | Buffer, how?: Sending): Promise<RawAnswer> {
  const method = String(bytes).slice(0, 4) === 'HEAD' ? 'HEAD' : 'GET';
  const answers = parseAnswers(await sendBytes(port, bytes, how), method);
  const [first] = answers;
  if (first === undefined || answers.length > 1) throw new Error(`${answers.length} answers to one request`);
  return first;
}

/** A request in bytes; Host and `Connection: close` stand in front unless `lines` bring their own Host. */
export function requestBytes(
  method: string,
  target: string,
  lines: readonly string[] = [],
  body: string | Buffer = '',
): Buffer {
  const own = lines.some((line) => /^host\s*:/i.test(line)) ? [] : ['Host: 127.0.0.1'];
  const head = [`${method} ${target} HTTP/1.1`, ...own, 'Connection: close', ...lines, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
}

/** What stands on every answer over plain http, whoever gave it (design: headers). */
export const standingHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-xss-protection': '1; mode=block',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy': 'geolocation=(), microphone=(), camera=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
  vary: 'Origin',
};

/** A refusal below 500 in the documented shape, with every header that belongs to it. */
export function expectRefusal(
  answer: Pick<RawAnswer, 'status' | 'json'> & { readonly headers: Readonly<Record<string, unknown>> },
  status?: number,
  code?: string,
): void {
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(answer.headers).toMatchObject(standingHeaders);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(answer.headers['strict-transport-security']).toBeUndefined();
  expect(answer.json).toEqual({
    detail: answer.status === 422 ? expect.any(Array) : expect.any(String),
    code: expect.stringMatching(/^[a-z_]+$/),
    request_id: answer.headers['x-request-id'],
    ...(answer.json?.error === undefined ? {} : { error: expect.any(String) }),
  });
  if (answer.status === 401)
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer(?: error="invalid_token")?$/);
  if (answer.status === 405) expect(answer.headers['allow']).toMatch(/^[A-Z]+(?:, [A-Z]+)*$/);
  if (answer.status === 429) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  if (status !== undefined) expect(answer.status, JSON.stringify(answer.json)).toBe(status);
  if (code !== undefined) expect(answer.json.code).toBe(code);
}
