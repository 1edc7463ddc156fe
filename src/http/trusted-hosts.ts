import type { IncomingMessage } from 'node:http';
import { Refusal } from '../base/errors.js';
import { normalizeAddress } from './address-form.js';

const wellFormed =
  /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*))(?::\d{1,5})?$/;
const rememberedHosts = 256;

/** The host of an authority in lower case without its port, an IPv6 literal in its one spelling; else `undefined`. */
export function hostnameOf(authority: string): string | undefined {
  if (authority.length > 255 + 6) return undefined;
  const match = wellFormed.exec(authority.toLowerCase());
  if (match === null) return undefined;
  if (match[1] === undefined) return match[2];
  const address = normalizeAddress(match[1]);
  return address === undefined ? undefined : address.includes(':') ? `[${address}]` : address;
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/**
 * Refuses `invalid_host` (400) unless exactly one well-formed Host is sent and it is allowed (RFC 9112 §3.2, ASVS
 * 4.2.2). `*.example.org` means its subdomains only, `*` any; ports do not count.
 */
export function createHostCheck(allowedHosts: readonly string[]): (raw: IncomingMessage) => void {
  const any = allowedHosts.includes('*');
  const suffixes = allowedHosts
    .filter((host) => host.startsWith('*.'))
    .map((host) => host.slice(1).toLowerCase());
  const exact = new Set(allowedHosts.map((host) => hostnameOf(host.toLowerCase())));
  const known = new Set<string>();
  const isAllowed = (hostname: string): boolean =>
    any || exact.has(hostname) || suffixes.some((suffix) => hostname.endsWith(suffix));
  return (raw) => {
    const host = raw.headers.host;
    if (host === undefined || countHosts(raw.rawHeaders) > 1) throw new Refusal('invalid_host');
    if (known.has(host)) return;
    const hostname = hostnameOf(host);
    if (hostname === undefined || !isAllowed(hostname)) throw new Refusal('invalid_host');
    if (known.size < rememberedHosts) known.add(host);
  };
}
