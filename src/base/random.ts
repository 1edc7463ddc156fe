import { randomBytes, randomInt } from 'node:crypto';
import type { Clock } from './clock.js';

/** 256 random bits as 43 characters of base64url: refresh tokens, device secrets (ASVS 7.2.3, 11.5.1). */
export const randomToken = (): string => randomBytes(32).toString('base64url');

const counterBits = 12;
let last = { milliseconds: 0, counter: 0 };

/** The moment an id is made at, and its place within it: always later than the one before, also after the clock was set back. */
function nextMoment(now: number): typeof last {
  if (now > last.milliseconds) return { milliseconds: now, counter: randomInt(2 ** (counterBits - 1)) };
  const counter = last.counter + 1;
  return counter < 2 ** counterBits
    ? { milliseconds: last.milliseconds, counter }
    : { milliseconds: last.milliseconds + 1, counter: 0 };
}

/**
 * UUIDv7 (RFC 9562 §5.7) with a counter (§6.2): sorts by time, within a process strictly, so that it serves as a key
 * set's order and the events of one transaction keep theirs. An id, never a secret.
 */
export function uuidv7(clock: Clock): string {
  last = nextMoment(clock.now());
  const bytes = randomBytes(16);
  bytes.writeUIntBE(last.milliseconds, 0, 6);
  bytes.writeUInt16BE(0x7000 | last.counter, 6);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
