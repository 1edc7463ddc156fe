import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assertNode } from '../../scripts/setup.mjs';
import { inventory, sampleClone, start, stubMain } from './sample-clone.js';

const npmStart = ['npm', 'start'];
const nodeStart = ['node', 'scripts/start.mjs'];

/** Starts until the banner shows, then stops it gracefully. */
async function startAndStop(root: string, banner: string): Promise<string> {
  const server = start(root, nodeStart);
  await server.says(banner);
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(server.output()).toContain('stopped gracefully');
  return server.output();
}

test('npm start installs, builds and serves; a SIGTERM to npm reaches the server, which ends gracefully', async () => {
  const root = sampleClone();
  const first = start(root, npmStart);
  await first.says('serving one ["serve"]');
  expect(first.output()).toMatch(/installing .*\n[\s\S]*building …\n[\s\S]*serving one/);
  expect(existsSync(join(root, '.setup'))).toBe(false);
  first.child.kill('SIGTERM');
  await first.ended;
  expect(first.output()).toContain('stopped gracefully');
});

test('a second start goes straight to serving and writes nothing', async () => {
  const root = sampleClone();
  await startAndStop(root, 'serving one');
  const before = inventory(root);
  const output = await startAndStop(root, 'serving one');
  expect(output).not.toContain('sallyport:');
  expect(inventory(root)).toEqual(before);
});

test('it serves from the repository whatever folder it is called from, and hands further words on', async () => {
  const root = sampleClone();
  const server = start(root, ['node', join(root, 'scripts', 'start.mjs'), '--port', '9'], { cwd: tmpdir() });
  await server.says(`serving one ["serve","--port","9"] ${root}`);
});

test('other sources are built, older ones too, what left the sources leaves the build, and what is no code comes along', async () => {
  const root = sampleClone();
  writeFileSync(join(root, 'src', 'gone.ts'), 'export const gone = 1;\n');
  mkdirSync(join(root, 'src', 'words'));
  writeFileSync(join(root, 'src', 'words', 'list.txt'), 'one\n');
  await startAndStop(root, 'serving one');
  expect(existsSync(join(root, 'dist', 'gone.js'))).toBe(true);
  expect(readFileSync(join(root, 'dist', 'words', 'list.txt'), 'utf8')).toBe('one\n');

  const main = join(root, 'src', 'cli', 'main.ts');
  writeFileSync(main, stubMain('serving two'));
  utimesSync(main, 1, 1);
  rmSync(join(root, 'src', 'gone.ts'));
  const output = await startAndStop(root, 'serving two');
  expect(output).not.toContain('installing');
  expect(existsSync(join(root, 'dist', 'gone.js'))).toBe(false);
});

test('a lock file that names something else installs again', async () => {
  const root = sampleClone();
  await startAndStop(root, 'serving one');
  const recorded = join(root, 'node_modules', '.package-lock.json');
  writeFileSync(
    recorded,
    readFileSync(recorded, 'utf8').replaceAll('node_modules/typescript', 'node_modules/other'),
  );
  expect(await startAndStop(root, 'serving one')).toContain('installing');
});

test('two first starts at once do not destroy each other', async () => {
  const root = sampleClone();
  const both = [start(root, nodeStart), start(root, nodeStart), start(root, nodeStart)];
  await Promise.all(both.map((server) => server.says('serving one')));
  expect(both.filter((server) => server.output().includes('building'))).toHaveLength(1);
  expect(both.filter((server) => server.output().includes('waiting for it'))).toHaveLength(2);
  expect(existsSync(join(root, '.setup'))).toBe(false);
});

test('a set-up that was killed is taken over', async () => {
  const root = sampleClone();
  const killed = start(root, nodeStart);
  await killed.says('installing');
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(existsSync(join(root, '.setup'))).toBe(true);
  await startAndStop(root, 'serving one');
  expect(existsSync(join(root, '.setup'))).toBe(false);
});

test('a set-up that is stopped leaves nothing behind, and the next start is whole', async () => {
  const root = sampleClone();
  const stopped = start(root, nodeStart);
  await stopped.says('installing');
  stopped.child.kill('SIGTERM');
  expect(await stopped.ended).toBe(143);
  expect(existsSync(join(root, '.setup'))).toBe(false);
  await startAndStop(root, 'serving one');
});

describe('a step that fails says what to do', () => {
  test('no network', async () => {
    const integrity = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
    const root = sampleClone({ 'far-away': { version: '1.0.0', integrity } });
    const failing = start(root, nodeStart);
    expect(await failing.ended).toBe(1);
    expect(failing.output()).toContain('the package registry cannot be reached: check the network');
    expect(existsSync(join(root, '.setup'))).toBe(false);
  });

  test('a mistake in the sources: the old build stays', async () => {
    const root = sampleClone();
    await startAndStop(root, 'serving one');
    writeFileSync(join(root, 'src', 'wrong.ts'), "export const wrong: number = 'text';\n");
    const failing = start(root, nodeStart);
    expect(await failing.ended).toBe(1);
    expect(failing.output()).toContain('src/wrong.ts');
    expect(failing.output()).toContain('the sources do not compile');
    expect(existsSync(join(root, 'dist', 'bin', 'sallyport.js'))).toBe(true);
    expect(existsSync(join(root, '.setup'))).toBe(false);
  });

  test('no lock file', async () => {
    const root = sampleClone();
    rmSync(join(root, 'package-lock.json'));
    const failing = start(root, nodeStart);
    expect(await failing.ended).toBe(1);
    expect(failing.output()).toContain('package-lock.json is missing or damaged');
  });

  test('package.json and its lock file differ', async () => {
    const root = sampleClone();
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    mkdirSync(join(root, 'other'));
    writeFileSync(join(root, 'other', 'package.json'), JSON.stringify({ name: 'other', version: '1.0.0' }));
    Object.assign(manifest.dependencies, { other: 'file:./other' });
    writeFileSync(join(root, 'package.json'), JSON.stringify(manifest));
    const failing = start(root, nodeStart);
    expect(await failing.ended).toBe(1);
    expect(failing.output()).toContain('run `npm install`, then start again');
  });

  test.each(['16.20.2', '18.20.8', '20.18.3'])('Node %s', (version) => {
    expect(() => assertNode(version)).toThrow(`needs Node 20.19 or newer, this is ${version}`);
  });

  test.each(['20.19.0', '20.20.1', '22.12.0', '24.0.0', '26.1.0'])('Node %s is fine', (version) => {
    expect(() => assertNode(version)).not.toThrow();
  });
});
