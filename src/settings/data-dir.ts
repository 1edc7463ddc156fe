import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { hideFromGit, makePrivateFolder } from '../base/private-folder.js';

/** True for the working folder and those above it: their mode and .gitignore are not ours to write. */
export const holds = (folder: string, inner: string): boolean => {
  const way = relative(folder, inner);
  return way === '' || (!/^\.\.(?:[\\/]|$)/.test(way) && !/^([a-z]:|[\\/])/i.test(way));
};

const ignoreFile = '.gitignore';

function isOurs(folder: string): boolean {
  const names = readdirSync(folder);
  return (
    names.length === 0 ||
    (names.includes(ignoreFile) && readFileSync(join(folder, ignoreFile), 'utf8').trim() === '*')
  );
}

/**
 * Makes the data folder: 0700, with a .gitignore of `*`, so that no secret is committed. A folder that already held
 * other things keeps its mode and gets no .gitignore. Throws what the file system throws.
 */
export function ensureDataDir(folder: string): void {
  const made = makePrivateFolder(folder);
  if (!made && !isOurs(folder)) return;
  const uid = process.getuid?.();
  const stat = statSync(folder);
  if (uid !== undefined && stat.uid === uid && (stat.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  hideFromGit(folder);
}
