import { isIP, SocketAddress } from 'node:net';

const mappedDotted = /^::ffff:(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i;

/**
 * One spelling for one address: IPv4 mapped into IPv6 becomes IPv4, IPv6 its RFC 5952 form, a zone is dropped.
 * `undefined` for what is no address.
 */
export function normalizeAddress(text: string): string | undefined {
  const zone = text.indexOf('%');
  const bare = zone === -1 ? text : text.slice(0, zone);
  const family = isIP(bare);
  if (family === 0) return undefined;
  if (family === 4) return bare;
  const canonical = new SocketAddress({ address: bare, family: 'ipv6' }).address;
  return mappedDotted.exec(canonical)?.[1] ?? canonical;
}
