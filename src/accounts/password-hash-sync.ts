import { randomBytes } from 'node:crypto';
import { hashSync, verifySync } from '@node-rs/bcrypt';
import {
  bcryptInput,
  encodeSalt,
  formatPasswordHash,
  planVerification,
  schemeFor,
} from './password-hash-format.js';

const prefixLength = '$2y$12$'.length;

/** Hashes here and now, some 230 ms at cost 12: for a worker thread, never for the event loop. Writes `$2b$` or `$bcrypt-sha256$`. */
export function hashNow(password: string, rounds: number): string {
  const scheme = schemeFor(password);
  const salt = randomBytes(16);
  const written = hashSync(bcryptInput(scheme, password, encodeSalt(salt)), rounds, salt);
  return formatPasswordHash(scheme, rounds, written.slice(prefixLength));
}

/** Verifies here and now. Without a hash, or with one unknown to us, a full hash is computed all the same and the answer is false. */
export function verifyNow(password: string, hash: string | undefined, rounds: number): boolean {
  const { first, counts, topUp } = planVerification(password, hash, rounds);
  const matches = verifySync(first.input, first.hash) && counts;
  // A match leads to a rehash at today's cost, which is a full hash of its own.
  if (!matches) for (const { input, hash: dummy } of topUp) verifySync(input, dummy);
  return matches;
}
