import type { RefusalCode } from '../base/errors.js';

/**
 * The only writer of `WWW-Authenticate`. Every 401 has one (RFC 9110 §11.6.1); an error is named only where a token
 * was sent and did not hold (RFC 6750 §3.1).
 */
export const challengeFor = (code: RefusalCode): string =>
  code === 'invalid_credentials' ? 'Bearer error="invalid_token"' : 'Bearer';
