import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.js';

/** 256 random bits as 43 characters of base64url: refresh tokens, device secrets (ASVS 7.2.3, 11.5.1). */
export const randomToken = (): string => randomBytes(32).toString('base64url');

/** UUIDv7 (RFC 9562 §5.7): sorts by time, so that it serves as a key set's order. An id, never a secret. */
export function uuidv7(clock: Clock): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(clock.now(), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
