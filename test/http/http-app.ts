import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { type Logger, pino } from 'pino';
import { z } from 'zod';
import { systemClock } from '../../src/base/clock.js';
import { Refusal } from '../../src/base/errors.js';
import { Secret } from '../../src/base/secret.js';
import { createHttpControls } from '../../src/http/http-controls.js';
import type { Settings } from '../../src/settings/settings.js';

const httpSettings = (overrides: Partial<Settings> = {}): Settings => ({
  appName: 'test',
  description: '',
  version: '1',
  environment: 'development',
  debug: true,
  host: '127.0.0.1',
  port: 0,
  logLevel: 'info',
  publicUrl: 'http://localhost',
  dataDir: '/nowhere',
  database: { engine: 'sqlite', file: ':memory:' },
  allowedHosts: ['localhost', '127.0.0.1', '[::1]', '*.example.org'],
  trustedProxies: [],
  tls: undefined,
  sessions: { most: 10, idleMinutes: 0 },
  jwt: {
    secretKey: new Secret('x'),
    algorithm: 'HS256',
    expireMinutes: 30,
    refreshExpireDays: 7,
    refreshGraceSeconds: 10,
  },
  password: {
    minLength: 8,
    requireUppercase: true,
    requireNumbers: true,
    requireSymbols: false,
    bcryptRounds: 4,
    hashThreads: 1,
  },
  rateLimit: { requests: 100, window: 3600, principalRequests: 5000 },
  cors: { origins: ['https://app.example.org'], credentials: true },
  securityHeaders: { enabled: true, hstsMaxAge: 31_536_000 },
  requireHttps: false,
  sanitizeBio: true,
  contacts: [],
  profile: 'fastapi',
  ...overrides,
});

const Person = z.strictObject({ name: z.string().min(3).max(50), age: z.number().int().min(0).optional() });

function addRoutes(app: FastifyInstance, slow: EventEmitter): void {
  app.get('/hello', () => ({ hello: 'world' }));
  app.get('/fault', () => {
    throw new Error('the secret is swordfish');
  });
  app.get('/thrown', async () => {
    throw 'swordfish';
  });
  app.get('/stream', (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/plain' });
    reply.raw.write('begun');
  });
  app.get('/slow', async () => {
    slow.emit('entered');
    await once(slow, 'open');
    return { slow: true };
  });
  app.get('/refused/:code', (request) => {
    const { code } = request.params as { code: 'not_authenticated' };
    throw new Refusal(code, { retryAfter: code.startsWith('too_many') ? 7 : 0, reason: 'for the log' });
  });
  app.get('/guarded', () => {
    throw new Refusal('not_authenticated');
  });
  app.post('/guarded', { onRequest: (_q, _r, _done) => refuse() }, () => ({}));
  app.post('/people', { schema: { body: Person } }, (request) => ({ got: request.body }));
  app.post('/echo', (request) => ({ got: request.body ?? null }));
  app.get('/people/:id', { schema: { params: z.object({ id: z.uuid() }) } }, (request) => request.params);
  app.delete('/people/:id', () => ({}));
  app.get('/search', { schema: { querystring: z.strictObject({ q: z.string().min(2) }) } }, (r) => r.query);
  app.get('/whoami', (request) => ({ id: request.id }));
}

const refuse = (): never => {
  throw new Refusal('not_authenticated');
};

export interface TestApp {
  readonly app: FastifyInstance;
  readonly port: number;
  readonly lines: Record<string, unknown>[];
  /** `/slow` says `entered`, and answers when it hears `open`. */
  readonly slow: EventEmitter;
}

/** The parts of the room, composed as app.ts does, on a real socket. */
export async function startApp(
  overrides: Partial<Settings> = {},
  more: (app: FastifyInstance) => void = () => undefined,
): Promise<TestApp> {
  const lines: Record<string, unknown>[] = [];
  const log: Logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const http = createHttpControls({ settings: httpSettings(overrides), log, clock: systemClock });
  const app = Fastify(http.options) as unknown as FastifyInstance;
  http.install(app);
  app.addHook('onRequest', http.assertTrustedHost);
  app.addHook('onRequest', http.assertHttps);
  app.addHook('onRequest', http.answerCors);
  app.addHook('onRequest', http.assertRoute);
  const slow = new EventEmitter();
  addRoutes(app, slow);
  more(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  return { app, port: typeof address === 'object' && address !== null ? address.port : 0, lines, slow };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly text: string;
  json(): { detail: unknown; code: string; request_id: string; error?: string; [key: string]: unknown };
}

export function parseAnswer(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const body = text.slice(end + 4);
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body,
    text,
    json: () => JSON.parse(Buffer.from(body, 'latin1').toString('utf8')),
  };
}

/** Sends bytes and gives back all that comes until the server closes; a well-formed request should say `close`. */
export function sendRaw(
  port: number,
  bytes: string | Buffer,
  then?: (socket: Socket, seen: string) => void,
  hangUpAfter?: Promise<unknown> | 'half-close',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let seen = '';
    socket.on('connect', () => {
      socket.write(bytes);
      if (hangUpAfter === 'half-close') socket.end();
      else void hangUpAfter?.then(() => socket.destroy());
    });
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
      then?.(socket, seen);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(seen));
    socket.setTimeout(8_000, () => socket.destroy(new Error(`no close; seen: ${seen}`)));
  });
}

export const ask = async (port: number, bytes: string | Buffer): Promise<Answer> =>
  parseAnswer(await sendRaw(port, bytes));

interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A whole request with `Connection: close` and a good Host unless told otherwise. */
export function request(
  port: number,
  { method = 'GET', path = '/hello', headers = {}, body }: Request = {},
): Promise<Answer> {
  const all: Record<string, string> = { host: 'localhost', connection: 'close', ...headers };
  if (body !== undefined) all['content-length'] ??= String(Buffer.byteLength(body));
  const head = Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  return ask(
    port,
    Buffer.concat([
      Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n`, 'latin1'),
      Buffer.from(body ?? ''),
    ]),
  );
}

export const json = (value: unknown): Request => ({
  method: 'POST',
  path: '/echo',
  headers: { 'content-type': 'application/json' },
  body: typeof value === 'string' ? value : JSON.stringify(value),
});
