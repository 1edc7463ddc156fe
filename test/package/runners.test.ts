import { expect, inject, test } from 'vitest';
import { runLinked, runNode } from './run.js';

const { consumer } = inject('packed');

/** Each runs the same two tests of consumer/tests/story.js. */
test('sallyport/testing works under node:test', async () => {
  const { code, output } = await runNode(['--test', 'tests/node.test.js'], { cwd: consumer });
  expect(code, output).toBe(0);
  expect(output).toMatch(/^(# |ℹ )pass 2$/m);
});

test('sallyport/testing works under vitest', async () => {
  const { code, output } = await runLinked('vitest', ['run', 'tests/vitest.test.js'], { cwd: consumer });
  expect(code, output).toBe(0);
  expect(output).toMatch(/Tests +2 passed/);
});

/** consumer/jest.config.json: before Node 24.9 jest cannot require the ES module that Fastify's inject asks for. */
test('sallyport/testing works under jest', async () => {
  const env = { NODE_OPTIONS: '--experimental-vm-modules' };
  const { code, output } = await runLinked('jest', [], { cwd: consumer, env });
  expect(code, output).toBe(0);
  expect(output).toMatch(/^Tests: +2 passed, 2 total$/m);
});

/** The same on each Node that we promise: `npm run test:nodes`. */
test('the installed package serves, registers, signs in and guards on real sockets', async () => {
  const { code, output } = await runNode(['--test', 'tests/smoke.js'], { cwd: consumer });
  expect(code, output).toBe(0);
  expect(output).toMatch(/^(# |ℹ )pass 2$/m);
});
