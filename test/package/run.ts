import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNpm } from '../../scripts/setup.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number | null;
  /** stdout and stderr, as they came. */
  readonly output: string;
}

/** npm's settings of this user (a registry, a proxy, a cache) go along; what `npm test` and vitest tell their children does not. */
const wanted =
  /^(path|home|userprofile|appdata|localappdata|systemroot|tmp|temp|tmpdir|lang|.*_proxy|npm_config_(registry|cache|userconfig|globalconfig|proxy|https_proxy|noproxy|cafile|strict_ssl)|node_extra_ca_certs)$/i;
const clean = (): Record<string, string | undefined> => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => wanted.test(name))),
  NO_COLOR: '1',
});

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of this process's own Node. */
  readonly node?: string;
}

/** Runs a script by Node in an environment as bare as a consumer's; a command that it starts by name finds the same Node. */
export function runNode(
  args: readonly string[],
  { cwd, env = {}, node = process.execPath }: RunOptions,
): Promise<Ran> {
  return run(node, args, { cwd, env: { ...clean(), PATH: pathWith(dirname(node)), ...env } });
}

/** Runs a command by the link that npm made for it, as `npx` does. */
export function runLinked(
  name: string,
  args: readonly string[],
  { cwd, env = {} }: RunOptions,
): Promise<Ran> {
  const windows = process.platform === 'win32';
  const link = join(cwd, 'node_modules', '.bin', windows ? `${name}.cmd` : name);
  const found = { ...clean(), PATH: pathWith(dirname(process.execPath)), ...env };
  return run(link, args, { cwd, env: found, shell: windows });
}

/** For every installation here: no script of a package runs, and what npm's cache has is not asked for again. */
export const installFlags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];

/** @throws Error with npm's own words where it fails. */
export async function runNpm(args: readonly string[], { cwd, env = {} }: RunOptions): Promise<string> {
  const npm = findNpm();
  const given = { ...clean(), npm_config_update_notifier: 'false', ...env };
  const { code, output } = await run(npm.command, [...npm.args, ...args], {
    cwd,
    env: given,
    shell: npm.shell,
  });
  if (code !== 0) throw new Error(`npm ${args.join(' ')} in ${cwd} ended with ${code}:\n${output}`);
  return output;
}

const pathWith = (folder: string): string => [folder, process.env['PATH'] ?? ''].join(delimiter);

interface Started {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly shell?: boolean;
}

function run(command: string, args: readonly string[], { cwd, env, shell = false }: Started): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
