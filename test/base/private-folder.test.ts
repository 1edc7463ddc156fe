import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hideFromGit, makePrivateFolder } from '../../src/base/private-folder.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('makes a folder and those above it, for this user alone, and says whether it did', () => {
  const deep = join(folder, 'a', 'b');
  expect(makePrivateFolder(deep)).toBe(true);
  expect(statSync(deep).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700);
  expect(makePrivateFolder(deep)).toBe(false);
});

it('throws where a file is in the way', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => makePrivateFolder(join(folder, 'file'))).toThrow(/EEXIST/);
  expect(() => makePrivateFolder(join(folder, 'file', 'below'))).toThrow(/ENOTDIR/);
});

it('ends below a folder that takes none, where recursive mkdir does not', () => {
  const takesNone = existsSync('/proc/self') ? '/proc' : '/dev/null';
  expect(() => makePrivateFolder(join(takesNone, 'sallyport', 'data'))).toThrow(/ENOENT|ENOTDIR/);
});

it('hides a folder from git, and keeps a .gitignore that is there', () => {
  hideFromGit(folder);
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('*\n');
  writeFileSync(join(folder, '.gitignore'), 'own\n');
  hideFromGit(folder);
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('own\n');
});
