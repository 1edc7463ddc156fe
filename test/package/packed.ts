import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { installFlags, type Ran, root, runLinked, runNpm } from './run.js';

/** The tarball, and a folder that knows nothing of this repository and installed it. */
export interface Packed {
  /** Holds all the others, and is removed at the end. */
  readonly folder: string;
  readonly tarball: string;
  readonly consumer: string;
  /** What the consumer's own compiler, TypeScript 5.9, said of its sources. */
  readonly compiled: Ran;
}

declare module 'vitest' {
  interface ProvidedContext {
    packed: Packed;
  }
}

let folder: string | undefined;

/** Once for a whole run. Outside of the repository: below it, a package that is not installed would be found all the same. */
export async function setup(project: TestProject): Promise<void> {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sallyport-package-')));
  const [tarballs, consumer] = [join(folder, 'tarballs'), join(folder, 'consumer')];
  mkdirSync(tarballs);
  cpSync(join(root, 'test', 'package', 'consumer'), consumer, { recursive: true });
  writeReadme(join(consumer, 'src'));
  const [tarball] = await Promise.all([pack(tarballs), runNpm(['ci', ...installFlags], { cwd: consumer })]);
  await runNpm(['install', '--no-save', ...installFlags, tarball], { cwd: consumer });
  const compiled = await runLinked('tsc', ['-p', '.', '--pretty', 'false'], { cwd: consumer });
  project.provide('packed', { folder, tarball, consumer, compiled });
}

/** What README shows of the library is compiled beside the consumer's own sources. */
function writeReadme(into: string): void {
  for (const [at, code] of readmeBlocks().entries()) writeFileSync(join(into, `readme-${at + 1}.ts`), code);
}

/** README's TypeScript that is a module by itself. */
export const readmeBlocks = (): string[] =>
  [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)]
    .map((found) => found[1] ?? '')
    .filter((code) => code.includes("from 'sallyport'"));

/** As a release does: `prepack` builds, which .npmrc would else keep from running. */
async function pack(into: string): Promise<string> {
  const output = await runNpm(['pack', '--ignore-scripts=false', '--pack-destination', into], { cwd: root });
  const name = /^sallyport-.*\.tgz$/m.exec(output)?.[0];
  if (name === undefined) throw new Error(`npm pack named no tarball:\n${output}`);
  return join(into, name);
}

export function teardown(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
