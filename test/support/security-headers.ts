import type { IncomingHttpHeaders } from 'node:http';

/** What the seed and design ask of every answer, written down once more: not taken from the code under test. */
const expected: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-xss-protection': '1; mode=block',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy': 'geolocation=(), microphone=(), camera=()',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const always: Readonly<Record<string, string>> = { 'cache-control': 'no-store', vary: 'Origin' };

/** Every field that stands on every answer over plain http, but the docs page's own policy. */
export const standingHeaderValues: Readonly<Record<string, string>> = { ...expected, ...always };

/** What an answer lacks of its security headers, as readable lines; empty where all are there. */
export function securityHeaders(headers: IncomingHttpHeaders, { docs = false } = {}): string[] {
  return Object.entries(standingHeaderValues)
    .filter(([name]) => !(docs && name === 'content-security-policy'))
    .filter(([name, value]) => headers[name] !== value)
    .map(([name, value]) => `${name} is ${String(headers[name])}, not ${value}`);
}

/** Which of them are there where they are switched off. */
export const noSecurityHeaders = (headers: IncomingHttpHeaders): string[] =>
  [...Object.keys(expected), 'strict-transport-security'].filter((name) => headers[name] !== undefined);
