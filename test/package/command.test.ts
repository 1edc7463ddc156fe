import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { root, runLinked } from './run.js';

const { consumer } = inject('packed');

async function sallyport(...args: string[]): Promise<string> {
  const { code, output } = await runLinked('sallyport', args, { cwd: consumer });
  expect(code, output).toBe(0);
  return output;
}

test("--version is the package's", async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(await sallyport('--version')).toBe(`${version}\n`);
});

test('secret prints a line for .env', async () => {
  expect(await sallyport('secret')).toMatch(/^SECURITY_JWT_SECRET_KEY=[\w-]{43}\n$/);
});

test("routes shows the server's own, and those of the consumer's application", async () => {
  const own = await sallyport('routes');
  expect(own).toMatch(/^METHOD +PATH +ACCESS +LIMIT\n/);
  expect(own).not.toContain('/reports');
  const built = await sallyport('routes', './dist/app.js');
  expect(built).toMatch(/^GET +\/reports\/:title +currentUser *$/m);
  expect(built).toMatch(/^POST +\/reports +requirePermission\(reports:publish\) *$/m);
});

test('its hints can be typed where it is installed', async () => {
  expect(await sallyport('--help')).toMatch(/^Usage: npx sallyport /);
  expect(await sallyport('routes', './dist/app.js', '--write', 'access.lock')).toContain('wrote access.lock');
  expect(await sallyport('routes', './dist/app.js', '--check', 'access.lock')).toContain(
    'access.lock is what',
  );
});
