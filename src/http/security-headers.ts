import type { ServerResponse } from 'node:http';
import type { Settings } from '../settings/settings.js';
import { fieldOf, type HeaderLine, type StandingFields, standingFields } from './standing-response.js';

const apiContentSecurityPolicy =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The docs page loads only its own script, style and images, and calls only this server (ASVS 3.4.3, 3.6.1). */
export const docsContentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const alwaysSent: readonly HeaderLine[] = [
  ['cache-control', 'no-store'],
  ['vary', 'Origin'],
];

const hardening: readonly HeaderLine[] = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['x-xss-protection', '1; mode=block'],
  ['referrer-policy', 'strict-origin-when-cross-origin'],
  ['permissions-policy', 'geolocation=(), microphone=(), camera=()'],
  ['content-security-policy', apiContentSecurityPolicy],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
];

/** What stands on every answer; `secure` adds HSTS, which plain http must not carry (RFC 6797 §7.2). */
export type SecurityHeaders = (secure: boolean) => StandingFields;

/** Computed once. With SECURITY_ENABLE_SECURITY_HEADERS=false only `no-store` and `Vary: Origin` stay. */
export function createSecurityHeaders(settings: Pick<Settings, 'securityHeaders'>): SecurityHeaders {
  const { enabled, hstsMaxAge } = settings.securityHeaders;
  const lines = enabled ? [...alwaysSent, ...hardening] : alwaysSent;
  const hsts: HeaderLine = ['strict-transport-security', `max-age=${hstsMaxAge}; includeSubDomains`];
  const plain = standingFields(lines);
  const secured = enabled ? standingFields([...lines, hsts]) : plain;
  return (secure) => (secure ? secured : plain);
}

/** The docs page's own policy in place of the API's. Does nothing where the headers are switched off. */
export function useDocsPolicy(response: ServerResponse): void {
  if (fieldOf(response, 'content-security-policy') !== undefined) {
    response.setHeader('content-security-policy', docsContentSecurityPolicy);
  }
}
