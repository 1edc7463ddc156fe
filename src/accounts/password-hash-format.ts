import { createHmac } from 'node:crypto';

/**
 * The two forms in which a password is kept, and how one is told from the other.
 *
 * - `bcrypt`: `$2b$12$<salt 22><digest 31>`, for a password that bcrypt sees whole.
 * - `bcrypt-sha256`: passlib's `$bcrypt-sha256$v=2,t=2b,r=12$<salt 22>$<digest 31>`, for one that bcrypt would cut: it
 *   reads 72 bytes and stops at a NUL (ASVS 6.2.8, 6.2.9).
 */
export type Scheme = 'bcrypt' | 'bcrypt-sha256';

export interface ParsedHash {
  readonly scheme: Scheme;
  readonly variant: string;
  readonly cost: number;
  readonly salt: string;
  readonly digest: string;
}

/** What bcrypt reads of a password. */
const bcryptMaxBytes = 72;
// The last character of a salt carries two bits; passlib and OpenBSD agree only where the other four are zero.
const plainForm = /^\$(2[aby])\$(\d{2})\$([./A-Za-z0-9]{21}[.Oeu])([./A-Za-z0-9]{31})$/;
const sha256Form =
  /^\$bcrypt-sha256\$v=2,t=(2b),r=([1-9]\d?)\$([./A-Za-z0-9]{21}[.Oeu])\$([./A-Za-z0-9]{31})$/;

/** Nobody's: no password is known for it, and a match would not count. */
const dummySalt = 'Q7Zr3lKx1uWnE9sYbTgCAu';
const dummyDigest = 'mXo2hVd5JtPq8RzLwFk0eSgNcUyBi4a';

export const schemeFor = (password: string): Scheme =>
  Buffer.byteLength(password, 'utf8') > bcryptMaxBytes || password.includes('\0')
    ? 'bcrypt-sha256'
    : 'bcrypt';

/** The parts of a stored hash; undefined for a text that is neither form. */
export function parsePasswordHash(text: string): ParsedHash | undefined {
  const plain = plainForm.exec(text);
  const match = plain ?? sha256Form.exec(text);
  if (match === null) return undefined;
  const [, variant = '', rounds = '', salt = '', digest = ''] = match;
  const cost = Number(rounds);
  if (cost < 4 || cost > 31) return undefined;
  return { scheme: plain === null ? 'bcrypt-sha256' : 'bcrypt', variant, cost, salt, digest };
}

const crypt = (cost: number, salt: string, digest: string): string =>
  `$2b$${String(cost).padStart(2, '0')}$${salt}${digest}`;

/** The stored text. `rest` is salt and digest as bcrypt writes them behind its second `$`. */
export function formatPasswordHash(scheme: Scheme, cost: number, rest: string): string {
  const salt = rest.slice(0, 22);
  const digest = rest.slice(22);
  return scheme === 'bcrypt'
    ? crypt(cost, salt, digest)
    : `$bcrypt-sha256$v=2,t=2b,r=${cost}$${salt}$${digest}`;
}

/** What bcrypt is given: the password itself, or base64 of its HMAC-SHA-256 under the salt's text (passlib, version 2). */
export const bcryptInput = (scheme: Scheme, password: string, salt: string): string =>
  scheme === 'bcrypt' ? password : createHmac('sha256', salt).update(password, 'utf8').digest('base64');

const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Sixteen bytes in bcrypt's own base64: 22 characters. */
export function encodeSalt(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += alphabet.charAt((held >> bits) & 63);
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + alphabet.charAt((held << (6 - bits)) & 63);
}

/** One bcrypt computation: `input` against the crypt text `hash`. */
export interface Computation {
  readonly input: string;
  readonly hash: string;
  readonly cost: number;
}

export interface Verification {
  readonly first: Computation;
  /** False where a match would prove nothing: no such account, a form unknown to us, a password that bcrypt would cut. */
  readonly counts: boolean;
  /** Done after a mismatch with a cheaper hash, so that together they weigh one full hash: 2^c + (2^c + … + 2^(r-1)) = 2^r. */
  readonly topUp: readonly Computation[];
}

/** A constant for each cost: at start nothing is hashed for it. */
const dummyComputation = (cost: number): Computation => ({
  input: 'nobody',
  hash: crypt(cost, dummySalt, dummyDigest),
  cost,
});

/**
 * What is computed for one check of a password, whatever was asked: exactly one full hash of today's cost, be the account
 * unknown (`hash` undefined), its hash older and cheaper, or the password too long for it.
 */
export function planVerification(password: string, hash: string | undefined, rounds: number): Verification {
  const parsed = hash === undefined ? undefined : parsePasswordHash(hash);
  if (parsed === undefined) return { first: dummyComputation(rounds), counts: false, topUp: [] };
  const { scheme, cost, salt, digest } = parsed;
  const input = bcryptInput(scheme, password, salt);
  const counts = scheme === 'bcrypt-sha256' || schemeFor(password) === 'bcrypt';
  const missing = Math.max(0, rounds - cost);
  const topUp = Array.from({ length: missing }, (_, step) => dummyComputation(cost + step));
  return { first: { input, hash: crypt(cost, salt, digest), cost }, counts, topUp };
}
