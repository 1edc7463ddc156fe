import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/**
 * Makes a folder, and those above it that are missing, for this user alone (0700). True where it was made now. Throws
 * what the file system throws. Step by step, because Node's recursive mkdir never ends, and eats all memory, below a
 * folder that takes no new ones (/proc).
 */
export function makePrivateFolder(folder: string): boolean {
  const mode = 0o700;
  try {
    mkdirSync(folder, { mode });
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST') && statSync(folder).isDirectory()) return false;
    if (!isCode(error, 'ENOENT') || dirname(folder) === folder) throw error;
  }
  makePrivateFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode });
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** A `.gitignore` of `*`: nothing in the folder is ever committed. One that is there stays. */
export function hideFromGit(folder: string): void {
  try {
    writeFileSync(join(folder, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
}
