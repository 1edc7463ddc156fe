import { isIP } from 'node:net';

/** The one key of everything that is no address, so that odd spellings never open a fresh bucket. */
const noAddress = 'unknown';

/**
 * The bucket of one client: an IPv4 address whole, an IPv6 address by its /64, which is what one subscriber gets
 * and can choose from freely. IPv4-mapped IPv6 counts as the IPv4 it is; zone ids and brackets do not count.
 */
export function addressKey(address: string): string {
  const parsed = parse(address);
  if (parsed === undefined) return noAddress;
  return typeof parsed === 'string' ? parsed : `${hextets(parsed, 4)}::/64`;
}

/** The network around a client, for coarser buckets and for folding events: IPv4 /24, IPv6 /48. Takes an `addressKey` too. */
export function networkKey(address: string): string {
  const parsed = parse(address.endsWith('::/64') ? address.slice(0, -3) : address);
  if (parsed === undefined) return noAddress;
  if (typeof parsed === 'string') return `${parsed.slice(0, parsed.lastIndexOf('.'))}.0/24`;
  return `${hextets(parsed, 3)}::/48`;
}

/** The /48 of an IPv6 `addressKey`, as `networkKey` says it but without parsing; undefined for every other key. */
export const subnetKey = (key: string): string | undefined =>
  key.endsWith('::/64') ? `${key.slice(0, key.lastIndexOf(':', key.length - 6))}::/48` : undefined;

/** IPv4 as text, IPv6 as eight numbers. */
function parse(address: string): string | readonly number[] | undefined {
  const family = isIP(address);
  if (family === 4) return address;
  if (family === 6) return parseIpv6(address);
  const bare = address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : '';
  return isIP(bare) === 6 ? parseIpv6(bare) : undefined;
}

/** `address` is valid IPv6 by node:net; this only reads it. */
function parseIpv6(address: string): string | readonly number[] {
  const zone = address.indexOf('%');
  const [head = '', tail] = (zone === -1 ? address : address.slice(0, zone)).split('::');
  const front = readHextets(head);
  const back = tail === undefined ? [] : readHextets(tail);
  const parts = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return isMapped(parts) ? ipv4Of(parts) : parts;
}

function readHextets(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

/** ::ffff:0:0/96 (RFC 4291 §2.5.5.2). */
const isMapped = (parts: readonly number[]): boolean =>
  parts[5] === 0xffff && parts.slice(0, 5).every((part) => part === 0);

function ipv4Of(parts: readonly number[]): string {
  const [high = 0, low = 0] = parts.slice(6);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

const hextets = (parts: readonly number[], count: number): string =>
  parts
    .slice(0, count)
    .map((part) => part.toString(16))
    .join(':');
