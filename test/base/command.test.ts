import { expect, test } from 'vitest';
import { command, commandOf } from '../../src/base/command.js';

test.each([
  'file:///srv/app/node_modules/sallyport/dist/base/command.js',
  'file:///srv/app/node_modules/sallyport/dist/bin/part-command-BrX8JvM7.js',
  'file:///srv/app/node_modules/.pnpm/sallyport@0.1.0_zod@4/node_modules/sallyport/dist/base/command.js',
  'file:///C:/app/node_modules/sallyport/dist/bin/sallyport.js',
])('installed by npm, at %s, it is called by npx', (url) => {
  expect(commandOf(url)).toBe('npx sallyport');
});

test.each([
  'file:///home/alice/sallyport/dist/bin/part-command-BrX8JvM7.js',
  'file:///home/alice/sallyport/src/base/command.ts',
  'file:///srv/node_modules/other/sallyport/dist/base/command.js',
])('in a clone, at %s, npx would fetch what a registry holds under the name', (url) => {
  expect(commandOf(url)).toBe('node dist/bin/sallyport.js');
});

test('these tests run in a clone', () => {
  expect(command).toBe('node dist/bin/sallyport.js');
});
