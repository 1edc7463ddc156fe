import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { ConfigurationError } from '../../base/errors.js';
import { hideFromGit, makePrivateFolder } from '../../base/private-folder.js';

const refuse = (message: string): never => {
  throw new ConfigurationError('ERR_STORE_FOLDER', message);
};

const reasonOf = (error: unknown): string =>
  ({
    EACCES: 'this user may not write there',
    EPERM: 'this user may not write there',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the quota of this user is used up',
    ENOTDIR: 'a part of the path is a file',
    EEXIST: 'a file of that name is in the way',
  })[(error as NodeJS.ErrnoException).code ?? ''] ?? String(error);

/** Files made by root would lock the server out, and another user's folder may be read by that user. */
function assertOwner(path: string): void {
  const user = process.geteuid?.();
  const { uid } = statSync(path);
  if (user === undefined || uid === user) return;
  refuse(
    `${path} belongs to user ${uid}, but this is user ${user}: run the same command as its owner (sudo -u '#${uid}' …), or set DATA_DIR and DATABASE_URL to a place of your own`,
  );
}

function assertWritable(folder: string): void {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    refuse(
      `The folder ${folder} cannot be written (${reasonOf(error)}): make it writable, or set DATA_DIR and DATABASE_URL to another place`,
    );
  }
}

/** A folder that holds a project is nobody's data folder: a `.gitignore` of `*` there would hide the whole of it. */
const isProject = (names: readonly string[]): boolean =>
  names.some((name) => name === '.git' || name === 'package.json' || name === '.gitignore');

function ignoreInGit(folder: string): void {
  if (isProject(readdirSync(folder))) return;
  try {
    hideFromGit(folder);
  } catch (error) {
    refuse(
      `Cannot write into ${folder} (${reasonOf(error)}): free or unlock it, or set DATA_DIR to another place`,
    );
  }
}

/**
 * Makes the database's folder for this user alone (0700), and has git ignore all of it where it is the data folder.
 * Gives a notice where an older folder is open to others.
 */
export function prepareFolder(folder: string, dataDir: string): string[] {
  try {
    makePrivateFolder(folder);
  } catch (error) {
    refuse(
      `Cannot make the folder ${folder} (${reasonOf(error)}): make it yourself, or set DATA_DIR and DATABASE_URL to another place`,
    );
  }
  assertWritable(folder);
  if (folder !== dataDir) return [];
  assertOwner(folder);
  ignoreInGit(folder);
  const isOpen = process.platform !== 'win32' && (statSync(folder).mode & 0o077) !== 0;
  return isOpen ? [`Other users of this machine can look into ${folder}: chmod 700 ${folder}`] : [];
}

/** True where the file was made now, empty and for this user alone; the error where it cannot be. */
function makePrivateFile(file: string): boolean | NodeJS.ErrnoException {
  try {
    closeSync(openSync(file, 'wx', 0o600));
    return true;
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    return failure.code === 'EEXIST' ? false : failure;
  }
}

/**
 * SQLite gives the -wal and -shm files the mode of the database, so an open one opens password hashes three times over.
 * Of the database others are told; what an earlier, wider mode left beside it is closed, as the database is by now.
 */
function readableFiles(file: string): string[] {
  if (process.platform === 'win32') return [];
  const isOpen = (path: string): boolean => existsSync(path) && (statSync(path).mode & 0o044) !== 0;
  if (isOpen(file)) return [`Other users of this machine can read ${file}: chmod 600 ${file}`];
  return [`${file}-wal`, `${file}-shm`].filter(isOpen).flatMap((path) => {
    try {
      chmodSync(path, 0o600);
      return [];
    } catch {
      return [`Other users of this machine can read ${path}: chmod 600 ${path}`];
    }
  });
}

/**
 * Makes an empty database file that only this user reads; its -wal and -shm files inherit that. An existing one is never
 * opened here: closing it would drop the locks that this process may hold on it (POSIX). Gives a notice where others can
 * read it.
 */
export function createDatabaseFile(file: string): string[] {
  if (existsSync(file)) {
    if (statSync(file).isDirectory()) refuse(`${file} is a folder: let DATABASE_URL name a file`);
    assertOwner(file);
    return readableFiles(file);
  }
  const made = makePrivateFile(file);
  if (made instanceof Error)
    refuse(
      `Cannot make the database ${file} (${reasonOf(made)}): free or unlock its folder, or change DATABASE_URL`,
    );
  return readableFiles(file);
}

/**
 * Makes the lock file for this user alone: whoever can read it can hold a lock on it, and no server would start. An older
 * one is closed to others. Like the database, an existing one is never opened here.
 */
export function createLockFile(lock: string): void {
  const made = makePrivateFile(lock);
  if (made instanceof Error)
    refuse(
      `Cannot make the lock ${lock} (${reasonOf(made)}): free or unlock its folder, or change DATABASE_URL`,
    );
  const user = process.geteuid?.();
  if (made === true || user === undefined) return;
  // The link itself, not what it leads to: in a shared folder others can lay one here.
  const stat = lstatSync(lock);
  if (stat.uid !== user)
    refuse(
      `${lock} belongs to user ${stat.uid}, who could hold this server up: remove it, or let DATABASE_URL name a file in a folder of your own`,
    );
  if (!stat.isFile() || (stat.mode & 0o077) === 0) return;
  try {
    chmodSync(lock, 0o600);
  } catch {
    // A file system without modes of its own (a mounted share): it works as before.
  }
}
