import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileFailure } from './file-problems.js';
import type { Place } from './parsers.js';
import { Unfit } from './refusals.js';

const limit = 64 * 1024;

function readAtMost(descriptor: number, most: number): Buffer {
  const buffer = Buffer.alloc(most + 1);
  let filled = 0;
  for (;;) {
    const count = readSync(descriptor, buffer, filled, buffer.length - filled, null);
    filled += count;
    if (count === 0 || filled === buffer.length) return buffer.subarray(0, filled);
  }
}

function readRegular(file: string, { name }: Place): Buffer {
  const mend = `${name}=/run/secrets/a-regular-file`;
  // Without O_NONBLOCK a pipe that nobody writes to would hold the start for ever.
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!fstatSync(descriptor).isFile()) throw new Unfit('does not name a regular file.', mend);
    const bytes = readAtMost(descriptor, limit);
    if (bytes.length > limit) throw new Unfit('names a file larger than 64 KiB.', mend);
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

/** The secret in the file that a NAME_FILE names: regular, up to 64 KiB, UTF-8; one line end at its end is cut. */
export function readSecretFile(path: string, place: Place): string {
  const file = resolve(place.cwd, path);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readRegular(file, place));
    const secret = text.replace(/\r?\n$/, '');
    if (secret === '') throw new Unfit('names an empty file.', `put the secret into ${file}`);
    if (secret.includes('\0'))
      throw new Unfit('names a file that is not text.', `put the secret into ${file}`);
    return secret;
  } catch (error) {
    if (error instanceof Unfit) throw error;
    if (error instanceof TypeError)
      throw new Unfit('names a file that is not UTF-8 text.', `save ${file} as UTF-8`);
    throw new Unfit(
      `names ${file}, which cannot be read: ${fileFailure(error)}.`,
      `${place.name}=/path/to/a/readable/file`,
    );
  }
}
