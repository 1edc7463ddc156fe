import { expect, inject, test } from 'vitest';
import { commandIn, runNode } from './run.js';

const { consumer } = inject('packed');

/** Each runs the same two tests of consumer/tests/story.js. */
test('sallyport/testing works under node:test', async () => {
  const { code, output } = await runNode(['--test', 'tests/node.test.js'], { cwd: consumer });
  expect(code, output).toBe(0);
  expect(output).toMatch(/^(# |ℹ )pass 2$/m);
});

test('sallyport/testing works under vitest', async () => {
  const vitest = commandIn(consumer, 'vitest/vitest.mjs');
  const { code, output } = await runNode([vitest, 'run', 'tests/vitest.test.js'], { cwd: consumer });
  expect(code, output).toBe(0);
  expect(output).toMatch(/Tests +2 passed/);
});

test('sallyport/testing works under jest', async () => {
  const args = ['--experimental-vm-modules', commandIn(consumer, 'jest/bin/jest.js')];
  const { code, output } = await runNode(args, { cwd: consumer });
  expect(code, output).toBe(0);
  expect(output).toMatch(/^Tests: +2 passed, 2 total$/m);
});

/** The same on each Node that we promise: `npm run test:nodes`. */
test('the installed package serves, registers, signs in and guards on real sockets', async () => {
  const { code, output } = await runNode(['--test', 'tests/smoke.js'], { cwd: consumer });
  expect(code, output).toBe(0);
  expect(output).toMatch(/^(# |ℹ )pass 2$/m);
});
