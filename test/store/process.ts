import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StoreOptions } from '../../src/store/connection.js';
import type { TestDatabase } from '../support/stores.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const entries = ['store/connection.ts', 'store/migrate.ts', 'base/secret.ts', 'base/clock.ts'];

/** The store as plain JavaScript, for another process to import: Node 20 runs no TypeScript. */
export function buildStore(): { folder: string; remove(): void } {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'store-'));
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin',
    'tsc',
  );
  const options = [
    '--ignoreConfig',
    '--noCheck',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
  ];
  const sources = entries.map((entry) => join(root, 'src', entry));
  execFileSync(process.execPath, [
    compiler,
    ...options,
    '--rootDir',
    join(root, 'src'),
    '--outDir',
    folder,
    ...sources,
  ]);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Another process with the same database open, as another user if need be, which does what it is told. */
export class OtherProcess {
  readonly #child: ChildProcess;
  readonly #answers: unknown[] = [];
  #wake: () => void = () => {};
  #ended = false;

  constructor(built: string, database: TestDatabase, options: StoreOptions = {}, user?: number) {
    const { settings } = database;
    const given =
      settings.database.engine === 'postgres'
        ? { ...settings, database: { engine: 'postgres', url: settings.database.url.reveal() } }
        : settings;
    const script = fileURLToPath(new URL('other-process.mjs', import.meta.url));
    const args = [built, JSON.stringify(given), JSON.stringify(options), String(user ?? '')];
    this.#child = fork(script, args, { execArgv: [] });
    this.#child.on('message', (message) => {
      this.#answers.push(message);
      this.#wake();
    });
    this.#child.on('exit', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** The next answer in turn, or undefined once the process has ended. */
  async next(): Promise<unknown> {
    while (this.#answers.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#answers.shift();
  }

  ask(command: string, argument: string | number = ''): Promise<unknown> {
    this.#child.send({ command, argument });
    return this.next();
  }

  tell(command: string, argument: string | number = ''): void {
    this.#child.send({ command, argument });
  }

  /** `kill -9`: no handler runs, nothing is flushed. */
  async kill(): Promise<void> {
    if (this.#ended) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}
