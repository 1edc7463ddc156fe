import { type JsonObject, parseJsonObject } from './json-object.js';
import type { SigningKey } from './signing-keys.js';

/** Longer tokens are refused unread. Ours stay under 2 KB. */
const maxTokenLength = 8192;

/**
 * Header members that bring a key, or a rule, with the token itself. We know none of them and believe none of them
 * (RFC 8725 §3.9, §3.10); `crit` and `b64` would change what is signed (RFC 7515 §4.1.11, RFC 7797).
 */
const refusedMembers = ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256'] as const;

/** One type of token under one key. */
export interface CompactJws {
  sign(payload: object): string;
  /** The payload of a token that this key signed as this type; undefined for anything else. Never throws. */
  verify(token: unknown): JsonObject | undefined;
}

/**
 * JWS compact serialization (RFC 7515 §7.1), read strictly: exactly three parts of unpadded canonical base64url, `alg`
 * exactly the key's, `typ` exactly the given one (with or without `application/`, whatever its case: RFC 9068 §4),
 * header and payload JSON objects. `kid` may be absent (RFC 7515 §4.1.4: a hint), a foreign one is refused.
 * The signature is judged before the payload is read (ASVS 9.1.1).
 */
export function createCompactJws(key: SigningKey, typ: string): CompactJws {
  const ownHeader = Buffer.from(JSON.stringify({ alg: key.algorithmNames[0], typ, kid: key.kid })).toString(
    'base64url',
  );
  return {
    sign(payload) {
      const signingInput = `${ownHeader}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`;
      return `${signingInput}.${key.sign(signingInput).toString('base64url')}`;
    },
    verify(token) {
      if (typeof token !== 'string' || token.length > maxTokenLength) return undefined;
      const first = token.indexOf('.');
      const second = token.indexOf('.', first + 1);
      // A third dot is no character of base64url: it falls with the signature.
      if (first < 0 || second < 0) return undefined;
      const header = token.slice(0, first);
      // The header that we write needs no parsing. It is a constant, so nothing of a token is remembered.
      if (header !== ownHeader && !isOurHeader(header, key, typ)) return undefined;
      const payload = decodeBase64url(token.slice(first + 1, second));
      const signature = decodeBase64url(token.slice(second + 1));
      if (payload === undefined || signature === undefined) return undefined;
      return key.verify(token.slice(0, second), signature) ? parseJsonObject(payload) : undefined;
    },
  };
}

function isOurHeader(part: string, key: SigningKey, typ: string): boolean {
  const bytes = decodeBase64url(part);
  const header = bytes && parseJsonObject(bytes);
  if (header === undefined || refusedMembers.some((member) => Object.hasOwn(header, member))) return false;
  if (typeof header.alg !== 'string' || !key.algorithmNames.includes(header.alg)) return false;
  if (typeof header.typ !== 'string' || !isMediaType(header.typ, typ)) return false;
  return !Object.hasOwn(header, 'kid') || header.kid === key.kid;
}

/** ASCII folding only: `toLowerCase` would let a KELVIN SIGN pass for a k. */
function isMediaType(given: string, expected: string): boolean {
  const fold = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const name = fold(given);
  return name === fold(expected) || name === `application/${fold(expected)}`;
}

/** Node skips blanks, foreign characters and padding and ignores stray trailing bits; writing it again shows all of them. */
function decodeBase64url(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}
