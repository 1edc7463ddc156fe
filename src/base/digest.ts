import { createHash, createHmac, hkdfSync } from 'node:crypto';

/** SHA-256 as base64url: how every reference token is kept at rest. Enough for 256 random bits, never for a password. */
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('base64url');

/** HMAC-SHA-256 as base64url. */
export const hmacSha256 = (key: string | Buffer, message: string | Buffer): string =>
  createHmac('sha256', key).update(message).digest('base64url');

/** A key of its own for one named purpose (HKDF-SHA-256, RFC 5869), so that no key serves two ends. 32 bytes. */
export const deriveKey = (secret: string | Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `sallyport:${purpose}`, 32));
