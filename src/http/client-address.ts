import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ConfigurationError } from '../base/errors.js';
import { normalizeAddress } from './address-form.js';
import { connectionOf } from './connection.js';

export interface Client {
  readonly address: string;
  readonly secure: boolean;
  /** Whether the socket's peer is a declared proxy. */
  readonly trusted: boolean;
}

export type ClientReader = (raw: IncomingMessage) => Client;

const withPort = /^(?:\[([0-9a-f:.]+)\]|(\d{1,3}(?:\.\d{1,3}){3}))(?::\d{1,5})?$/i;

/** An entry of X-Forwarded-For; some proxies add the port. */
function hop(entry: string): string | undefined {
  const match = withPort.exec(entry);
  return normalizeAddress(match?.[1] ?? match?.[2] ?? entry);
}

/** Addresses and CIDR ranges as one list. Throws ConfigurationError for what is neither. */
export function proxyList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix] = range.trim().split('/');
    const family = isIP(network);
    const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
    if (family === 0 || !Number.isInteger(bits) || bits < 1 || bits > (family === 4 ? 32 : 128)) {
      throw new ConfigurationError(
        'ERR_TRUSTED_PROXIES',
        `TRUSTED_PROXIES: "${range}" is no address or range. Write it as in TRUSTED_PROXIES=10.0.0.5,192.168.0.0/16`,
      );
    }
    list.addSubnet(network, bits, family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

const listed = (list: BlockList, address: string): boolean =>
  list.check(address, address.includes(':') ? 'ipv6' : 'ipv4');

/**
 * The right-most hop that is no declared proxy (ASVS 4.1.3, 15.3.4). What stands to its left is hearsay. A malformed
 * entry ends the walk at the last proxy that is known, so that a forger shares that bucket and picks none.
 */
export function rightmostUntrusted(peer: string, forwardedFor: string, proxies: BlockList): string {
  let address = peer;
  const entries = forwardedFor.split(',');
  for (let at = entries.length - 1; at >= 0; at -= 1) {
    const next = hop((entries[at] ?? '').trim());
    if (next === undefined) return address;
    address = next;
    if (!listed(proxies, address)) return address;
  }
  return address;
}

const single = (value: string | string[] | undefined): string =>
  typeof value === 'string' ? value : (value?.join(', ') ?? '');

/** Node joins repeated lines with a comma; the nearest proxy's word is the right-most. */
const forwardedProto = (raw: IncomingMessage): string | undefined => {
  const value = single(raw.headers['x-forwarded-proto']);
  return value === ''
    ? undefined
    : value
        .slice(value.lastIndexOf(',') + 1)
        .trim()
        .toLowerCase();
};

const isForwarded = (raw: IncomingMessage): boolean =>
  raw.headers['x-forwarded-for'] !== undefined || raw.headers['x-forwarded-proto'] !== undefined;

/**
 * Reads who a request comes from. Without declared proxies nothing forwarded is believed. Of a declared one only
 * X-Forwarded-For and X-Forwarded-Proto are read; `Forwarded`, X-Real-IP and X-Forwarded-Host never.
 * @param onUndeclared called once, with the address of the first peer that forwards without being declared: behind a
 * proxy nobody declared, all the world shares one address.
 */
export function createClientReader(
  trustedProxies: readonly string[],
  onUndeclared: (peer: string) => void,
): ClientReader {
  const proxies = proxyList(trustedProxies);
  const none = trustedProxies.length === 0;
  let told = false;
  return (raw) => {
    const { socket } = raw;
    const { peer } = connectionOf(socket);
    const encrypted = socket instanceof TLSSocket;
    if (none || peer === '' || !listed(proxies, peer)) {
      if (!told && isForwarded(raw)) {
        told = true;
        onUndeclared(peer);
      }
      return { address: peer, secure: encrypted, trusted: false };
    }
    const forwardedFor = single(raw.headers['x-forwarded-for']);
    const proto = forwardedProto(raw);
    return {
      address: forwardedFor === '' ? peer : rightmostUntrusted(peer, forwardedFor, proxies),
      secure: proto === undefined ? encrypted : proto === 'https',
      trusted: true,
    };
  };
}
