import { domainToASCII } from 'node:url';
import { foldAscii, isStorable, type Problem } from './text.js';

// RFC 5321 §4.5.3.1: what a mail server must take, in octets.
const maxAddress = 254;
const maxLocalPart = 64;

// RFC 5322's dot-atom, with letters of other scripts (RFC 6531). No quotes, no blanks, no control characters.
const localPart = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~.-]+$/u;
// Checked before domainToASCII, which would decode %41, drop soft hyphens and read 0x7f.1 as an address.
const typedDomain = /^[\p{L}\p{M}\p{N}.。．｡-]+$/u;
const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/** The domain in its ASCII form (IDNA, UTS 46), lower-cased; undefined where it names no host of the internet. */
function asciiDomain(domain: string): string | undefined {
  if (domain.length > maxAddress || !typedDomain.test(domain)) return undefined;
  const ascii = domainToASCII(domain);
  const labels = ascii.split('.');
  const top = labels.at(-1) ?? '';
  // An all-numeric last label is an IP address to every resolver, and an empty one a trailing dot.
  if (labels.length < 2 || /^\d+$/.test(top) || !labels.every((part) => label.test(part))) return undefined;
  return ascii;
}

interface Parts {
  readonly local: string;
  readonly domain: string;
}

/** Linear in the text's length, and its length is looked at first. */
function parseEmail(email: string): Parts | undefined {
  if (email.length > maxAddress || !isStorable(email)) return undefined;
  const at = email.lastIndexOf('@');
  const local = email.slice(0, Math.max(at, 0));
  if (local === '' || Buffer.byteLength(local) > maxLocalPart || !localPart.test(local)) return undefined;
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..')) return undefined;
  const domain = asciiDomain(email.slice(at + 1));
  if (domain === undefined || Buffer.byteLength(local) + 1 + domain.length > maxAddress) return undefined;
  return { local, domain };
}

/** What is wrong with an e-mail address, as pydantic's EmailStr says it. Whether anybody reads there is not asked. */
export const emailProblem = (email: string): Problem | undefined =>
  parseEmail(email) === undefined
    ? { msg: 'value is not a valid email address', type: 'value_error' }
    : undefined;

/**
 * The unique key of an address: its local part with A–Z lower-cased, its domain in ASCII. Undefined for what is no address.
 * A mail never goes to the key, but to the address as it was typed at registration.
 */
export function emailKey(email: string): string | undefined {
  const parts = parseEmail(email);
  return parts && `${foldAscii(parts.local)}@${parts.domain}`;
}

/** The part before the `@`, for the password policy. */
export const localPartOf = (email: string): string => email.slice(0, Math.max(email.lastIndexOf('@'), 0));
