import { execFile } from 'node:child_process';
import { cpSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sampleTree } from './sample-tree.js';

const project = process.cwd();
const files = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'vitest.config.ts',
];
const lines = (...text: string[]) => [`import { expect, test } from 'vitest';`, ...text, ''].join('\n');
const passing = lines("test('one', () => expect(1).toBe(1));", "test('two', () => expect(2).toBe(2));");

/** A project with these sources and tests, and the real scripts and packages. */
function sampleProject(sources: Record<string, string>): string {
  const root = sampleTree({
    'src/base/one.ts': 'export const one = 1;\n',
    'src/cli/main.ts': "export const main = 'sallyport';\n",
    'test/support/postgres.ts': 'export function setup(): void {}\n',
    ...sources,
  });
  for (const file of files) cpSync(join(project, file), join(root, file));
  for (const name of readdirSync(join(project, 'scripts')).filter((file) => file.endsWith('.mjs'))) {
    cpSync(join(project, 'scripts', name), join(root, 'scripts', name));
  }
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'), 'junction');
  return root;
}

function run(root: string, ...parts: string[]): Promise<{ code: number; output: string; lastLine: string }> {
  return new Promise((resolve) => {
    const { VITEST: _, ...env } = process.env;
    execFile(
      process.execPath,
      ['scripts/test.mjs', ...parts],
      { cwd: root, env },
      (error, stdout, stderr) => {
        const lastLine = stdout.trimEnd().split('\n').at(-1) ?? '';
        resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr, lastLine });
      },
    );
  });
}

test('tests and checks are summed in the closing line', async () => {
  const root = sampleProject({ 'test/base/one.test.ts': passing });
  const { code, lastLine, output } = await run(root, 'rooms', 'house', 'unit');
  expect([code, lastLine], output).toEqual([0, '4 passed, 0 failed']);
});

test('a failing test and a failing check end with 1, and the check shows why', async () => {
  const failing = lines("test('one', () => expect(1).toBe(2));", "test('two', () => expect(2).toBe(2));");
  const root = sampleProject({
    'test/base/one.test.ts': failing,
    'src/base/two.ts': 'export const two = Date.now();\n',
  });
  const { code, lastLine, output } = await run(root, 'rooms', 'unit');
  expect([code, lastLine], output).toEqual([1, '1 passed, 2 failed']);
  expect(output).toContain('src/base/two.ts:1');
});

test('a skipped test counts as failed', async () => {
  const root = sampleProject({ 'test/base/one.test.ts': `${passing}test.skip('three', () => undefined);\n` });
  const { code, lastLine, output } = await run(root, 'unit');
  expect([code, lastLine], output).toEqual([1, '2 passed, 1 failed']);
});

test('a part without a test, and a file that does not load, count as failed', async () => {
  const root = sampleProject({ 'test/base/one.test.ts': `import '../gone.js';\n${passing}` });
  const { code, lastLine, output } = await run(root, 'unit', 'store');
  expect([code, lastLine], output).toEqual([1, '0 passed, 2 failed']);
});

test('sources that do not build fail the set-up and every suite; the checks still tell', async () => {
  const root = sampleProject({ 'src/base/one.ts': "export const one: number = 'x';\n" });
  const { code, lastLine, output } = await run(root, 'house', 'unit', 'wire');
  expect([code, lastLine], output).toEqual([1, '1 passed, 3 failed']);
});

test('an unknown part is refused with the names of those there are', async () => {
  const { code, output } = await run(sampleProject({}), 'units');
  expect(code).toBe(2);
  expect(output).toContain('no such part: units; there are types, lint');
});
