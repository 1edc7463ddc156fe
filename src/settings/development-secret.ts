import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { command } from '../base/command.js';
import { randomToken } from '../base/random.js';
import { ensureDataDir } from './data-dir.js';
import { fileFailure } from './file-problems.js';
import { Unfit } from './refusals.js';
import type { JwtAlgorithm } from './settings.js';

const pem = ({ privateKey }: { privateKey: KeyObject }): string =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const rsa = (): string => pem(generateKeyPairSync('rsa', { modulusLength: 3072 }));

const makers: Readonly<Record<JwtAlgorithm, () => string>> = {
  HS256: randomToken,
  ES256: () => pem(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  EdDSA: () => pem(generateKeyPairSync('ed25519')),
  PS256: rsa,
  RS256: rsa,
};

/** Where the development secret of an algorithm lies. */
export function developmentSecretFile(dataDir: string, algorithm: JwtAlgorithm): string {
  const kind =
    algorithm === 'HS256' ? 'secret' : `key-${algorithm === 'PS256' ? 'rs256' : algorithm.toLowerCase()}.pem`;
  return join(dataDir, `development-${kind}`);
}

const has = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The whole secret appears under its name at once, or not at all; of two processes one is first and both read that. */
function make(dataDir: string, file: string, secret: string): void {
  const temporary = `${file}.${randomBytes(8).toString('hex')}.tmp`;
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(descriptor, secret);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(temporary, file);
    syncFolder(dataDir);
  } catch (error) {
    if (!has(error, 'EEXIST')) throw error;
  } finally {
    unlinkSync(temporary);
  }
}

/** Undefined when there is no such file. A secret that another user wrote or may read is not one. */
function read(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(
      file,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
  } catch (error) {
    if (has(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    const stat = fstatSync(descriptor);
    const uid = process.getuid?.();
    const again = `delete ${file} and start again (everybody signs in anew)`;
    if (!stat.isFile()) throw new Unfit(`cannot come from ${file}, which is not a regular file.`, again);
    if (uid !== undefined && stat.uid !== uid)
      throw new Unfit(`cannot come from ${file}, which belongs to another user.`, again);
    if (uid !== undefined && (stat.mode & 0o077) !== 0)
      throw new Unfit(
        `cannot come from ${file}, which others may read.`,
        `chmod 600 ${file}, if nobody else read it`,
      );
    const secret = readFileSync(descriptor, 'utf8').trimEnd();
    if (secret.length < 32) throw new Unfit(`cannot come from ${file}, which is empty or cut off.`, again);
    return secret;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The secret of development: made once, kept 0600 in the data folder, shared by restarts and workers. Throws `Unfit`
 * where the file is empty, foreign or open to others, and where the folder cannot be written.
 */
export function developmentSecret(dataDir: string, algorithm: JwtAlgorithm): string {
  const file = developmentSecretFile(dataDir, algorithm);
  try {
    const kept = read(file);
    if (kept !== undefined) return kept;
    ensureDataDir(dataDir);
    make(dataDir, file, makers[algorithm]());
    const made = read(file);
    if (made !== undefined) return made;
    throw new Unfit(`was written to ${file}, but is gone again.`, 'start again');
  } catch (error) {
    if (error instanceof Unfit) throw error;
    throw new Unfit(
      `is not set, and none can be kept in ${dataDir}: ${fileFailure(error)}.`,
      `DATA_DIR=/a/folder/that/you/may/write, or SECURITY_JWT_SECRET_KEY=… (one by: ${command} secret)`,
    );
  }
}
