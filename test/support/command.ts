import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer, type Call, callUrl } from './wire.js';

/** The built program, called as a person calls it: a process of its own in a folder of its own. */
export const main = fileURLToPath(new URL('../../dist/bin/sallyport.js', import.meta.url));

export type Env = Readonly<Record<string, string>>;

/** Nothing of the caller's own environment but what a process needs; cheap hashes, a known state. */
const quiet: Env = {
  PATH: process.env['PATH'] ?? '',
  HOME: tmpdir(),
  SECURITY_BCRYPT_ROUNDS: '4',
  SECURITY_HASH_THREADS: '1',
};

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly env?: Env;
  readonly input?: string | Buffer;
  /** Around the program, as `['bash', '-c', 'ulimit -f 1; exec "$@"', '-']`. */
  readonly wrapper?: readonly string[];
  readonly user?: number;
}

function start(cwd: string, args: readonly string[], options: RunOptions): ChildProcess {
  const [program = process.execPath, ...rest] = [...(options.wrapper ?? []), process.execPath, main, ...args];
  const as = options.user === undefined ? {} : { uid: options.user, gid: options.user };
  return spawn(program, rest, { cwd, env: { ...quiet, ...options.env }, ...as });
}

const ended = (child: ChildProcess): Promise<Pick<Outcome, 'code' | 'signal'>> =>
  new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));

/** Runs a command to its end. */
async function run(cwd: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = start(cwd, args, options);
  const out = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (out.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (out.stderr += chunk.toString()));
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input);
  return { ...(await ended(child)), ...out };
}

/** `sallyport serve` as a child. */
export class ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  readonly ended: Promise<Pick<Outcome, 'code' | 'signal'>>;
  stdout = '';
  stderr = '';

  constructor(child: ChildProcess, port: number) {
    this.child = child;
    this.url = `http://127.0.0.1:${port}`;
    this.ended = ended(child);
    child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  call(method: string, path: string, call: Call = {}): Promise<Answer> {
    return callUrl(this.url, method, path, call);
  }

  /** Resolves when the banner has been printed; a process that ended instead is an error with what it said. */
  listening(): Promise<this> {
    return new Promise((resolve, reject) => {
      const look = () => /Stop with Ctrl\+C/.test(this.stderr) && resolve(this);
      this.child.stderr?.on('data', look);
      this.ended.then(({ code, signal }) => reject(new Error(`ended (${code}, ${signal}): ${this.stderr}`)));
      look();
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Pick<Outcome, 'code' | 'signal'>> {
    this.child.kill(signal);
    return this.ended;
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** A folder to work in, and everything that was started there; `leave` ends and removes all of it. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'sallyport-cli-'));
  readonly env: Env;
  readonly #servers: ServerProcess[] = [];

  constructor(env: Env = {}) {
    this.env = env;
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return run(this.folder, args, { ...options, env: { ...this.env, ...options.env } });
  }

  /** Starts a server without waiting for it. */
  async spawn(options: RunOptions & { readonly port?: number } = {}): Promise<ServerProcess> {
    const port = options.port ?? (await freePort());
    const env = { ...this.env, PORT: String(port), ...options.env };
    const server = new ServerProcess(start(this.folder, ['serve'], { ...options, env }), port);
    this.#servers.push(server);
    return server;
  }

  async serve(options: RunOptions & { readonly port?: number } = {}): Promise<ServerProcess> {
    return (await this.spawn(options)).listening();
  }

  async leave(): Promise<void> {
    for (const { child } of this.#servers) child.kill('SIGKILL');
    await Promise.all(this.#servers.map((server) => server.ended));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
