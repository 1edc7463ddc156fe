import { isIP, isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import type { Parse, ParseItem } from './parsers.js';
import { shown, Unfit } from './refusals.js';

const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/** A host name in its ASCII form, or undefined. Four numbers that are no address are no name either. */
function hostName(text: string): string | undefined {
  // domainToASCII reads as a URL does and would cut off what follows one of these.
  if (/[/\\?#@:%[\]\s]/.test(text)) return undefined;
  const ascii = domainToASCII(text.replace(/\.$/, '')).toLowerCase();
  const labels = ascii.split('.');
  const fits = ascii.length <= 253 && labels.every((part) => label.test(part));
  return fits && !/^\d+$/.test(labels.at(-1) ?? '') ? ascii : undefined;
}

const unbracketed = (text: string): string => (/^\[.*\]$/.test(text) ? text.slice(1, -1) : text);

/** `::1` or `[0:0::1]` in its one short spelling. */
const shortIPv6 = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);

/** True for an address or name that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const bare = unbracketed(host.toLowerCase());
  if (isIPv4(bare)) return bare.startsWith('127.');
  if (isIPv6(bare) && !bare.includes('%')) return shortIPv6(bare) === '::1';
  return bare === 'localhost' || bare.endsWith('.localhost');
}

/** The address or name that the server listens on: no scheme, no port. */
export const listenHost: Parse<string> = (text, { name }) => {
  const bare = unbracketed(text.trim());
  const host = isIP(bare) === 0 ? hostName(bare) : bare;
  if (host === undefined)
    throw new Unfit(
      `is ${shown(text)}; it takes an address or a name, without scheme and port.`,
      `${name}=127.0.0.1`,
    );
  return host;
};

/** The host that a person meant who wrote a whole URL or a port, for the mend. */
function hostWithin(text: string): string {
  const rest = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[/?#].*$/, '');
  const bare = rest.replace(/:\d*$/, '').replace(/^\./, '*.');
  return allowedHostOf(bare) ?? 'api.example.org';
}

function allowedHostOf(text: string): string | undefined {
  if (text === '*') return text;
  if (text.startsWith('*.')) {
    const domain = hostName(text.slice(2));
    return domain === undefined ? undefined : `*.${domain}`;
  }
  const bare = unbracketed(text);
  if (isIPv4(bare)) return bare;
  if (isIPv6(bare)) return bare.includes('%') ? undefined : `[${shortIPv6(bare)}]`;
  return hostName(text);
}

/** One of ALLOWED_HOSTS: `api.example.org`, `*.example.org` (its subdomains only), an address or `*`. */
export const allowedHost: ParseItem = (text) => {
  const host = allowedHostOf(text);
  if (host === undefined)
    throw new Unfit(
      `holds ${shown(text)}: host names stand here, without scheme, port and path`,
      hostWithin(text),
    );
  return host;
};

/** What browsers send as Origin besides http and https: packaged applications and extensions. */
const applicationOrigin = /^(?:capacitor|ionic|tauri|chrome-extension|moz-extension):\/\/[a-z0-9.-]+$/;

function originWithin(text: string): string {
  const withScheme = text.includes('://') ? text : `https://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  return url !== undefined && url.origin !== 'null' && !url.host.includes('*')
    ? url.origin
    : 'https://app.example.org';
}

/** One of the CORS origins as browsers send it: scheme, host, port if any (RFC 6454 §7); `*` means every origin. */
export const origin: ParseItem = (text) => {
  if (text === '*') return text;
  const lower = text.toLowerCase();
  if (applicationOrigin.test(lower)) return lower;
  const refuse = (problem: string): never => {
    throw new Unfit(`holds ${shown(text)}${problem}`, originWithin(text));
  };
  if (lower === 'null') return refuse(', which any sandboxed page can claim to be');
  if (text.includes('*')) return refuse('; each origin is written out, without wildcards');
  if (!/^https?:\/\//.test(lower)) return refuse(', which does not start with https:// or http://');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || /[\s\\@]/.test(text)) return refuse(', which is not an origin');
  if (/^https?:\/\/[^/?#]*\/$/.test(lower))
    return refuse('; a browser sends its origin without the slash at the end');
  if (!/^https?:\/\/[^/?#]*$/.test(lower))
    return refuse('; an origin is scheme, host and port, without a path');
  return url.origin;
};

/** The base of links and the tokens' issuer (RFC 8414 §2: no query, no fragment). Slashes at the end are cut. */
export const publicUrl: Parse<string> = (text, { name }) => {
  const given = text.trim();
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const mend = `${name}=https://api.example.org`;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Unfit(`is ${shown(text)}; it takes a whole address that starts with https://.`, mend);
  if (url.username !== '' || url.password !== '')
    throw new Unfit('holds a user name or password, which every client would see.', mend);
  if (/[?#]/.test(given))
    throw new Unfit('holds a query or fragment (? or #), which an issuer may not have (RFC 8414).', mend);
  return url.origin + url.pathname.replace(/\/+$/, '');
};

const mapped = 0xffffn << 32n;

function ipv6Bits(address: string): bigint {
  const [head = '', tail] = shortIPv6(address).split('::');
  const groups = (part: string | undefined) => (part ? part.split(':') : []);
  const [left, right] = [groups(head), groups(tail)];
  const zeros = new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...(tail === undefined ? [] : zeros), ...right].reduce(
    (bits, group) => (bits << 16n) | BigInt(`0x${group}`),
    0n,
  );
}

/** Wider than any private network: 10.0.0.0/8 and fc00::/7 are the widest. Half the internet twice is the whole. */
function isTooWide(address: string, bits: number): boolean {
  if (isIPv4(address)) return bits < 8;
  const shift = BigInt(128 - Math.min(bits, 96));
  const holdsIPv4 = ipv6Bits(address) >> shift === mapped >> shift;
  return bits < 7 || (holdsIPv4 && bits < 104);
}

/** One of TRUSTED_PROXIES: an address or a CIDR range, never so wide that strangers fall into it. */
export const proxyRange: ParseItem = (text) => {
  const [address = '', length, ...rest] = text.split('/');
  const mend = "10.0.0.5 (your proxy's address, or its range as 10.0.0.0/24)";
  const version = address.includes('%') ? 0 : isIP(address);
  const most = version === 4 ? 32 : 128;
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  const isWrong = version === 0 || rest.length > 0 || bits < 0 || bits > most;
  if (text !== '*' && isWrong)
    throw new Unfit(`holds ${shown(text)}: addresses and CIDR ranges stand here`, mend);
  if (text === '*' || isTooWide(address, bits))
    throw new Unfit(
      `holds ${shown(text)}: strangers in so wide a range could write X-Forwarded-For and take any address`,
      mend,
    );
  return text.toLowerCase();
};

/** A `Contact` of security.txt: an https, mailto or tel URI (RFC 9116 §2.5.3). A bare e-mail address is mended. */
export const contact: ParseItem = (text) => {
  const bareAddress = /^[^\s:@]+@[^\s:@]+$/.test(text);
  if (!/^(?:mailto:[^\s@]+@[^\s@]+|https:\/\/[^\s]+|tel:\+?[\d().-]+)$/i.test(text) || !URL.canParse(text))
    throw new Unfit(
      'holds a contact that is no mailto:, https: or tel: address',
      bareAddress ? `mailto:${text}` : 'mailto:security@example.org',
    );
  return text;
};
