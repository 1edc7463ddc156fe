import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { sampleTree } from './sample-tree.js';

const project = process.cwd();
const copied = [
  'scripts/bundle.mjs',
  'scripts/setup.mjs',
  'scripts/source-hash.mjs',
  'scripts/start.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
];

/** A server that prints a banner, then runs until it is told to stop, which it does gracefully. */
export const stubMain = (banner: string) => `
const beat: NodeJS.Timeout = setInterval(() => undefined, 1000);
process.on('SIGTERM', () => {
  console.log('stopped gracefully');
  clearInterval(beat);
});
console.log('${banner}', JSON.stringify(process.argv.slice(2)), process.cwd());
`;

/** A clone as a newcomer has it, with a small server: the real scripts and compiler, no registry, a blank in its path. */
export function sampleClone(fromRegistry: Record<string, object> = {}): string {
  const root = join(sampleTree({ 'my clone/src/cli/main.ts': stubMain('serving one') }), 'my clone');
  const dependencies: Record<string, string> = {};
  const packages: Record<string, object> = { '': { dependencies } };
  // The compiler, the bundler and the types of Node are links into this project: nothing is fetched.
  for (const name of ['typescript', 'rolldown', '@types/node']) {
    const folder = join(project, 'node_modules', name);
    const place = relative(root, folder).replaceAll('\\', '/');
    dependencies[name] = `file:${folder}`;
    packages[place] = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    packages[`node_modules/${name}`] = { resolved: place, link: true };
  }
  for (const [name, locked] of Object.entries(fromRegistry)) {
    dependencies[name] = '1.0.0';
    packages[`node_modules/${name}`] = locked;
  }
  const manifest = { type: 'module', scripts: { start: 'node scripts/start.mjs' }, dependencies };
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }));
  for (const path of copied) cpSync(join(project, path), join(root, path));
  return root;
}

export interface Started {
  readonly output: () => string;
  readonly child: ChildProcess;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  /** Waits until the output has this text. */
  readonly says: (text: string) => Promise<void>;
}

/** Starts a command in the clone with a bare environment; it is killed when the test ends. */
export function start(root: string, command: readonly string[], options: { cwd?: string } = {}): Started {
  const [file = '', ...args] = command;
  const env = {
    PATH: process.env['PATH'],
    HOME: join(root, '..', 'home'),
    npm_config_offline: 'false',
    npm_config_fetch_retries: '0',
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_update_notifier: 'false',
  };
  const child = spawn(file, args, { cwd: options.cwd ?? root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  child.stderr.on('data', (chunk) => (text += chunk));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const says = async (expected: string) => {
    await Promise.race([
      ended,
      vi.waitFor(() => expect(text).toContain(expected), { timeout: 25_000, interval: 20 }),
    ]);
    expect(text).toContain(expected);
  };
  return { output: () => text, child, ended, says };
}

/** Every file below the clone with its size and the time of its last change, but npm's own cache. */
export function inventory(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(
      (path) =>
        !path.startsWith(join('node_modules', 'typescript')) && !path.includes(join('@types', 'node')),
    )
    .map((path) => {
      const { size, mtimeMs } = statSync(join(root, path));
      return `${path} ${size} ${mtimeMs}`;
    })
    .sort();
}
