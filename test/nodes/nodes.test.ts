import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { installFlags, root, runNode, runNpm } from '../package/run.js';

const { consumer } = inject('packed');
const pinned = join(root, 'test', 'nodes', 'binaries');
const cache = join(root, 'node_modules', '.cache', 'nodes');
const { dependencies } = JSON.parse(readFileSync(join(pinned, 'package.json'), 'utf8'));

/** The registry's packages hold binaries for this platform, linked to glibc. */
const hasBinaries =
  process.platform === 'linux' &&
  process.arch === 'x64' &&
  'glibcVersionRuntime' in (process.report.getReport() as { header: object }).header;

const others: [string, string][] = Object.entries<string>(hasBinaries ? dependencies : {}).map(
  ([name, spec]) => [spec.replace(/^.*@/, ''), join(cache, 'node_modules', name, 'bin', 'node')],
);
const here: [string, string] = [process.versions.node, process.execPath];
const nodes = others.some(([version]) => version === here[0]) ? others : [...others, here];

beforeAll(async () => {
  if (!hasBinaries)
    return console.log(
      `on ${process.platform}-${process.arch} this part runs with this Node alone, ${here[0]}`,
    );
  mkdirSync(cache, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(pinned, file), join(cache, file));
  await runNpm(['ci', ...installFlags], { cwd: cache });
}, 300_000);

test.each(nodes)(
  'Node %s: the installed package serves, registers, signs in, guards its own routes and those of an application',
  async (version, node) => {
    const found = await runNode(['--version'], { cwd: consumer, node });
    expect(found.output.trim()).toBe(`v${version}`);
    const { code, output } = await runNode(['--test', 'tests/smoke.js'], { cwd: consumer, node });
    expect(code, output).toBe(0);
    expect(output).toMatch(/^(# |ℹ )pass 2$/m);
  },
  120_000,
);
