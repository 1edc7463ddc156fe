import type { IncomingMessage } from 'node:http';
import type { RefusalCode } from '../base/errors.js';

const maxTargetLength = 8 * 1024;
const absoluteForm = /^(https?):\/\/([^/?#]*)([^#]*)$/i;

const withoutDefaultPort = (scheme: string, authority: string): string =>
  authority.toLowerCase().replace(scheme.toLowerCase() === 'https' ? /:443$/ : /:80$/, '');

/** The authority of an absolute-form target must be the Host (RFC 9112 §3.2.2); then it becomes origin-form. */
function toOriginForm(raw: IncomingMessage, target: string): RefusalCode | undefined {
  const [, scheme = '', authority = '', rest = ''] = absoluteForm.exec(target) ?? [];
  const { host } = raw.headers;
  if (authority === '') return 'bad_request';
  if (host === undefined || withoutDefaultPort(scheme, authority) !== withoutDefaultPort(scheme, host)) {
    return 'invalid_host';
  }
  raw.url = rest.startsWith('/') ? rest : `/${rest}`;
  return undefined;
}

function hasTwo(rawHeaders: readonly string[], name: string): boolean {
  let found = false;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.length !== name.length || rawHeaders[at]?.toLowerCase() !== name) continue;
    if (found) return true;
    found = true;
  }
  return false;
}

/** What is wrong with a request before anything routes it; `undefined` when nothing is. */
export function faultOfTarget(raw: IncomingMessage): RefusalCode | undefined {
  const target = raw.url ?? '';
  if (target.length > maxTargetLength) return 'uri_too_long';
  // Node's parser takes any coding that ends in chunked; we decode none but chunked itself.
  const coding = raw.headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return 'bad_request';
  // Of two credentials Node shows the first, a proxy may have judged the other.
  if (raw.headers.authorization !== undefined && hasTwo(raw.rawHeaders, 'authorization'))
    return 'bad_request';
  if (target.startsWith('/')) return undefined;
  return toOriginForm(raw, target);
}
