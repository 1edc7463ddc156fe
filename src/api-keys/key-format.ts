import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const idLength = 16;
/** 43 of 62 characters: 256 bits. */
const secretLength = 43;
const checksumLength = 6;

/**
 * `spk_<id>_<secret>_<checksum>`: a prefix that secret scanners know, an id that may be shown, 256 random bits, and a
 * CRC-32 of all before it, so that a scanner (and we) can tell a key from a look-alike without asking.
 */
const keyForm = /^spk_([0-9A-Za-z]{16})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/;

const pick = (length: number): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let at = 0; at < checksumLength; at += 1) {
    digits = alphabet.charAt(rest % alphabet.length) + digits;
    rest = Math.floor(rest / alphabet.length);
  }
  return digits;
}

/** A fresh key; `id` is the part of it that may be shown and that it is found by. */
export function createKey(): { readonly id: string; readonly key: string } {
  const id = pick(idLength);
  const body = `spk_${id}_${pick(secretLength)}`;
  return { id, key: `${body}_${checksumOf(body)}` };
}

/** The id in a key that is whole; undefined for anything else, which asks no database. */
export function idOfKey(text: string): string | undefined {
  const found = keyForm.exec(text);
  if (found === null) return undefined;
  const body = text.slice(0, -checksumLength - 1);
  return found[3] === checksumOf(body) ? found[1] : undefined;
}
