import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureDataDir, holds } from '../../src/settings/data-dir.js';
import { developmentSecret, developmentSecretFile } from '../../src/settings/development-secret.js';

const project = fileURLToPath(new URL('../../', import.meta.url));
const isRoot = process.getuid?.() === 0;
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
let root = '';
let dataDir = '';
let file = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sallyport-'));
  dataDir = join(root, 'data');
  file = developmentSecretFile(dataDir, 'HS256');
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

describe('developmentSecret', () => {
  it('is made once: 0600, in a folder of 0700 that git ignores, with nothing left beside it', () => {
    const secret = developmentSecret(dataDir, 'HS256');
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(developmentSecret(dataDir, 'HS256')).toBe(secret);
    expect(readFileSync(file, 'utf8')).toBe(secret);
    expect([mode(dataDir), mode(file)]).toEqual(['700', '600']);
    expect(readFileSync(join(dataDir, '.gitignore'), 'utf8')).toBe('*\n');
    expect(readdirSync(dataDir).sort()).toEqual(['.gitignore', 'development-secret']);
  });

  it.each([
    ['ES256', 'ec'],
    ['EdDSA', 'ed25519'],
    ['RS256', 'rsa'],
  ] as const)('is a key for %s', (algorithm, type) => {
    const secret = developmentSecret(dataDir, algorithm);
    expect(createPrivateKey(secret).asymmetricKeyType).toBe(type);
    expect(developmentSecret(dataDir, algorithm)).toBe(secret);
  });

  it('refuses an empty file and a cut one', () => {
    developmentSecret(dataDir, 'HS256');
    for (const content of ['', '\n', 'short']) {
      writeFileSync(file, content);
      expect(() => developmentSecret(dataDir, 'HS256')).toThrow(
        `cannot come from ${file}, which is empty or cut off.`,
      );
    }
  });

  it('refuses a file that others may read', () => {
    developmentSecret(dataDir, 'HS256');
    chmodSync(file, 0o644);
    expect(() => developmentSecret(dataDir, 'HS256')).toThrow('which others may read.');
  });

  it('refuses a link, a folder, and a file of another user', () => {
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(join(root, 'other'), 'x'.repeat(43), { mode: 0o600 });
    symlinkSync(join(root, 'other'), file);
    expect(() => developmentSecret(dataDir, 'HS256')).toThrow('it is a symbolic link.');
    rmSync(file);
    mkdirSync(file);
    expect(() => developmentSecret(dataDir, 'HS256')).toThrow('which is not a regular file.');
    rmSync(file, { recursive: true });
    // Only root can give a file away; /etc/passwd is root's for everybody else.
    const foreign = isRoot ? file : '/etc/passwd';
    if (isRoot) {
      writeFileSync(file, 'x'.repeat(43), { mode: 0o600 });
      chownSync(file, 12_345, 12_345);
      expect(() => developmentSecret(dataDir, 'HS256')).toThrow('which belongs to another user.');
    } else expect(statSync(foreign).uid).not.toBe(process.getuid?.());
  });

  it('says what to do where the folder cannot be made', () => {
    writeFileSync(dataDir, 'a file');
    expect(() => developmentSecret(dataDir, 'HS256')).toThrow(
      /^is not set, and none can be kept in .*data: /,
    );
  });
});

describe('ensureDataDir', () => {
  it('closes a folder that is ours, and leaves one that holds other things alone', () => {
    mkdirSync(dataDir, { mode: 0o755 });
    ensureDataDir(dataDir);
    chmodSync(dataDir, 0o755);
    ensureDataDir(dataDir);
    expect(mode(dataDir)).toBe('700');
    const shared = join(root, 'shared');
    mkdirSync(shared, { mode: 0o755 });
    writeFileSync(join(shared, 'report.txt'), '');
    ensureDataDir(shared);
    expect(mode(shared)).toBe('755');
    expect(existsSync(join(shared, '.gitignore'))).toBe(false);
  });

  it('knows the working folder and those above it', () => {
    expect([holds('/a', '/a'), holds('/a', '/a/b'), holds('/', '/a'), holds('/a', '/a/..b')]).not.toContain(
      false,
    );
    expect([holds('/a/b', '/a'), holds('/b', '/a'), holds('/ab', '/a')]).not.toContain(true);
  });
});

describe('processes that start at once', () => {
  const built = mkdtempSync(join(tmpdir(), 'sallyport-built-'));

  beforeAll(() => {
    writeFileSync(join(built, 'package.json'), '{"type":"module"}');
    const compiler = join(project, 'node_modules/typescript/bin/tsc');
    const options = ['-p', join(project, 'tsconfig.build.json'), '--outDir', built];
    spawnSync(process.execPath, [compiler, ...options, '--noEmitOnError', 'false'], { cwd: project });
    return () => {
      rmSync(built, { recursive: true });
    };
  });

  const start = (): ChildProcess => {
    const module = pathToFileURL(join(built, 'settings/development-secret.js')).href;
    const script = `import { developmentSecret } from ${JSON.stringify(module)};
      process.stdin.once('data', () => { process.stdout.write(developmentSecret(${JSON.stringify(dataDir)}, 'HS256')); process.exit(0); });
      process.stderr.write('ready');`;
    return spawn(process.execPath, ['--input-type=module', '-e', script]);
  };

  it('get the same secret', async () => {
    for (let round = 0; round < 3; round++) {
      rmSync(dataDir, { recursive: true, force: true });
      const children = Array.from({ length: 6 }, start);
      await Promise.all(children.map((child) => child.stderr && once(child.stderr, 'data')));
      const secrets = children.map(async (child) => {
        const parts: string[] = [];
        child.stdout?.on('data', (part) => parts.push(String(part)));
        child.stdin?.write('go');
        await once(child, 'close');
        return parts.join('');
      });
      const distinct = new Set(await Promise.all(secrets));
      expect([...distinct]).toEqual([readFileSync(file, 'utf8')]);
      expect(readdirSync(dataDir).sort()).toEqual(['.gitignore', 'development-secret']);
    }
  });
});
