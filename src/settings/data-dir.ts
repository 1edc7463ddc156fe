import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

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
  const made = mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined;
  if (!made && !isOurs(folder)) return;
  const uid = process.getuid?.();
  const stat = statSync(folder);
  if (uid !== undefined && stat.uid === uid && (stat.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  try {
    writeFileSync(join(folder, ignoreFile), '*\n', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
