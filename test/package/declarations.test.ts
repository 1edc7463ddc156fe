import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { readmeBlocks } from './packed.js';
import { root, runNode } from './run.js';

const { consumer, compiled } = inject('packed');
const versionIn = (folder: string): string =>
  JSON.parse(readFileSync(join(folder, 'node_modules', 'typescript', 'package.json'), 'utf8')).version;

/** skipLibCheck is off: every declaration that ours lead to is checked, those of other packages too. */
test('a strict consumer compiles with TypeScript 5.9', () => {
  expect(versionIn(consumer)).toMatch(/^5\.9\./);
  expect(compiled).toEqual({ code: 0, output: '' });
});

test(`a strict consumer compiles with the newest TypeScript, ${versionIn(root)}`, async () => {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', '.', '--noEmit', '--pretty', 'false'];
  expect(await runNode(args, { cwd: consumer })).toEqual({ code: 0, output: '' });
});

test("README's library part is among what was compiled", () => {
  const built = readdirSync(join(consumer, 'dist')).filter((name) => /^readme-\d+\.js$/.test(name));
  expect(built.length).toBe(readmeBlocks().length);
});
