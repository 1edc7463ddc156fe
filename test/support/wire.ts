import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Role } from '../../dist/accounts/account.js';
import { type ComposedApp, composeApp } from '../../dist/app.js';
import { localContext } from '../../dist/events/event-context.js';
import { commandLine } from '../../dist/flows/flow-deps.js';
import { updateAccount } from '../../dist/flows/update-account.js';
import type { Settings } from '../../dist/settings/settings.js';
import { openStore, type Store } from '../../dist/store/connection.js';
import { migrate } from '../../dist/store/migrate.js';
import { loadTestSettings } from '../../dist/testing/test-settings.js';
import { createDatabase, type TestDatabase } from './stores.js';

/** The wire's tests run on the build, as a user does: nothing here may come from src/, or there would be two of everything. */
export const password = 'Wonderland-1865';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; undefined where there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says itself what it expects
  readonly json: any;
}

export interface Call {
  readonly token?: string | undefined;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  /** Bytes as they are, with a content type in `headers`. */
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly device_token: string;
}

export interface Person extends Tokens {
  readonly id: string;
  readonly email: string;
  readonly username: string;
}

/** A clock that a test sets: starts now, stands still until it is moved. */
export class TestClock {
  #now = Math.floor(Date.now() / 1000) * 1000;
  now = (): number => this.#now;
  forward(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

/** Log lines as they were written. */
export class LogLines {
  readonly lines: string[] = [];
  write(line: string): void {
    this.lines.push(line);
  }
}

export class TestServer {
  readonly engine: 'sqlite' | 'postgres';
  readonly settings: Settings;
  readonly store: Store;
  readonly app: ComposedApp;
  readonly clock: TestClock;
  readonly log: LogLines;
  readonly port: number;
  readonly url: string;
  #people = 0;

  constructor(made: Pick<TestServer, 'engine' | 'settings' | 'store' | 'app' | 'clock' | 'log'>) {
    this.engine = made.engine;
    this.settings = made.settings;
    this.store = made.store;
    this.app = made.app;
    this.clock = made.clock;
    this.log = made.log;
    this.port = (made.app.fastify.server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  call(method: string, path: string, call: Call = {}): Promise<Answer> {
    return callUrl(this.url, method, path, call);
  }

  /** Registers somebody new and signs them in; `role` is given as the command line gives it. */
  async person(role: Role = 'user', named?: string): Promise<Person> {
    this.#people += 1;
    const username = named ?? `person_${this.#people}`;
    const email = `${username}@example.org`;
    const made = await this.call('POST', '/auth/register', { json: { email, username, password } });
    if (made.status !== 201) throw new Error(`register: ${made.status} ${made.text}`);
    if (role !== 'user') await this.update(made.json.id, { role });
    return { id: made.json.id, email, username, ...(await this.signIn(username)) };
  }

  async signIn(username: string, given = password, more: Record<string, string> = {}): Promise<Tokens> {
    const answer = await this.call('POST', '/auth/token', { form: { username, password: given, ...more } });
    if (answer.status !== 200) throw new Error(`sign in: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /** What an operator does on the command line. */
  update(id: string, change: Parameters<typeof updateAccount>[2]): ReturnType<typeof updateAccount> {
    return updateAccount(this, id, change, commandLine, localContext(this.clock));
  }
}

export function callUrl(url: string, method: string, path: string, call: Call = {}): Promise<Answer> {
  const [body, type] = bodyOf(call);
  const headers: Record<string, string | string[]> = {
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
    ...call.headers,
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(url + path, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isJson = response.headers['content-type']?.startsWith('application/json') && text !== '';
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: isJson ? JSON.parse(text) : undefined,
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function bodyOf(call: Call): [string | Buffer | undefined, string | undefined] {
  if (call.body !== undefined) return [call.body, undefined];
  if (call.json !== undefined) return [JSON.stringify(call.json), 'application/json'];
  if (call.form !== undefined)
    return [new URLSearchParams(call.form).toString(), 'application/x-www-form-urlencoded'];
  return [undefined, undefined];
}

export interface ServerOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Of another server, to share it. */
  readonly database?: TestDatabase;
  readonly clock?: TestClock;
}

/** A listening server on a database of its own (or a shared one), with a clock that the test sets. */
export async function startServer(
  engine: 'sqlite' | 'postgres',
  options: ServerOptions = {},
): Promise<{
  readonly server: TestServer;
  readonly stop: () => Promise<void>;
  readonly database: TestDatabase;
}> {
  const database = options.database ?? (await createDatabase(engine));
  const clock = options.clock ?? new TestClock();
  const { settings: loaded } = await loadTestSettings({
    PUBLIC_URL: 'http://127.0.0.1',
    LOG_LEVEL: 'debug',
    ...options.env,
  });
  const where = database.settings as unknown as Pick<Settings, 'database' | 'dataDir'>;
  const settings: Settings = { ...loaded, ...where };
  const store = await openStore(settings);
  await migrate(store, clock);
  const log = new LogLines();
  const app = await composeApp({ settings, store, clock, log: pino({ level: settings.logLevel }, log) });
  await app.fastify.listen({ host: '127.0.0.1', port: 0 });
  return {
    server: new TestServer({ engine, settings, store, app, clock, log }),
    database,
    async stop() {
      await app.close();
      await store.close();
      if (!options.database) await database.drop();
    },
  };
}

/** Limits on, as every environment but development's DEBUG has them. */
export const limitsOn = { DEBUG: 'false' };

/** Runs a suite against a server on each engine; `get()` inside a test gives it. */
export function describeEachServer(
  name: string,
  options: ServerOptions,
  body: (get: () => TestServer) => void,
): void {
  describe.each(['sqlite', 'postgres'] as const)(`${name} on %s`, (engine) => {
    let started: Awaited<ReturnType<typeof startServer>> | undefined;
    beforeAll(async () => {
      started = await startServer(engine, options);
    });
    afterAll(() => started?.stop());
    body(() => {
      if (!started) throw new Error('the server is not started yet');
      return started.server;
    });
  });
}
