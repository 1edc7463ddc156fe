import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSecretFile } from '../../src/settings/secret-file.js';

let cwd = '';
const read = (path: string) => readSecretFile(path, { name: 'NAME_FILE', cwd });
const write = (content: string | Buffer) => {
  writeFileSync(join(cwd, 'secret'), content);
  return 'secret';
};

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sallyport-'));
});
afterAll(() => {
  rmSync(cwd, { recursive: true });
});

describe('readSecretFile', () => {
  it.each([
    ['abc', 'abc'],
    ['abc\n', 'abc'],
    ['abc\r\n', 'abc'],
    ['abc\n\n', 'abc\n'],
    [' abc ', ' abc '],
    ['a\nb', 'a\nb'],
  ])('cuts one line end of %j and nothing else', (content, secret) => {
    expect(read(write(content))).toBe(secret);
  });

  it('follows a link, as Kubernetes mounts secrets', () => {
    writeFileSync(join(cwd, 'mounted'), 'abc');
    symlinkSync('mounted', join(cwd, 'link'));
    expect(read('link')).toBe('abc');
  });

  it('takes 64 KiB and not a byte more', () => {
    expect(read(write('x'.repeat(65_536)))).toHaveLength(65_536);
    expect(() => read(write('x'.repeat(65_537)))).toThrow('names a file larger than 64 KiB.');
  });

  it('refuses what is no file to read a secret from', () => {
    mkdirSync(join(cwd, 'folder'));
    expect(() => read('folder')).toThrow('does not name a regular file.');
    expect(() => read('/dev/zero')).toThrow('does not name a regular file.');
    expect(() => read('absent')).toThrow('cannot be read: there is no such file.');
    expect(() => read(write(''))).toThrow('names an empty file.');
    expect(() => read(write('\n'))).toThrow('names an empty file.');
    expect(() => read(write('a\0b'))).toThrow('names a file that is not text.');
    expect(() => read(write(Buffer.from([0x61, 0xff])))).toThrow('names a file that is not UTF-8 text.');
  });

  it('does not wait for a pipe that nobody writes to', () => {
    expect(spawnSync('mkfifo', [join(cwd, 'pipe')]).status).toBe(0);
    expect(() => read('pipe')).toThrow('does not name a regular file.');
  });
});
