import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { root, runLinked } from './run.js';

const { consumer, tarball } = inject('packed');
const installed = join(consumer, 'node_modules', 'sallyport');
const files = readdirSync(installed, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !path.startsWith('node_modules/') && statSync(join(installed, path)).isFile());
const text = (path: string): string => readFileSync(join(installed, path), 'utf8');
const manifest = JSON.parse(text('package.json'));

describe('the package', () => {
  it('takes at most 5 MB on a disk', () => {
    const bytes = files.reduce((sum, path) => sum + statSync(join(installed, path)).size, 0);
    expect(bytes).toBeLessThanOrEqual(5_000_000);
  });

  it('holds the build, its documents and nothing else', () => {
    const top = [...new Set(files.map((path) => path.split('/')[0]))].sort();
    const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md'];
    expect(top).toEqual([...documents, 'dist', 'docs', 'package.json']);
    const built = files.filter((path) => path.startsWith('dist/') && !/\.(js|d\.ts)$/.test(path));
    expect(built).toEqual(['dist/bin/THIRD-PARTY-LICENCES.txt']);
    expect(files.filter((path) => /\.test\.|^dist\/(cli|test)\//.test(path))).toEqual([]);
  });

  it('has no reference to a source map that it does not bring', () => {
    expect(files.filter((path) => path.endsWith('.js') && text(path).includes('sourceMappingURL='))).toEqual(
      [],
    );
  });

  it('tells the licence of each package that the bundle holds a copy of', () => {
    const notices = text('dist/bin/THIRD-PARTY-LICENCES.txt');
    for (const name of ['fastify', 'zod', 'kysely', 'jose', 'commander'])
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(MIT\\)$`, 'm'));
  });

  it('runs nothing when it is installed', () => {
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare'];
    expect(hooks.filter((name) => name in manifest.scripts)).toEqual([]);
  });

  it('is as publint asks', async () => {
    const { code, output } = await runLinked('publint', [tarball, '--strict'], { cwd: consumer });
    expect([code, output]).toEqual([0, expect.stringMatching(/All good!\s*$/)]);
  });

  it('gives a consumer of ES modules the types that fit (attw)', async () => {
    const args = [tarball, '--profile', 'esm-only', '--no-emoji'];
    const { code, output } = await runLinked('attw', args, { cwd: consumer });
    expect(code, output).toBe(0);
    expect(output).toContain('"sallyport/testing"');
  });
});

describe('the consumer of these tests', () => {
  it.each(['zod', 'vitest', '@types/node'])('has the %s that the project has', (name) => {
    const own = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(consumer, 'package.json'), 'utf8'),
    );
    const wanted = own.packages[`node_modules/${name}`].version;
    const how = `set ${name} to ${wanted} in test/package/consumer/package.json, then run npm install --package-lock-only there`;
    expect({ ...dependencies, ...devDependencies }[name], how).toBe(wanted);
  });
});
