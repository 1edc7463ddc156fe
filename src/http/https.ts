import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from '../base/errors.js';
import type { Settings } from '../settings/settings.js';
import { contextOf } from './request-context.js';
import { hostnameOf } from './trusted-hosts.js';

/** A person's browser following a link, with nothing secret in the request. */
function isPageNavigation(raw: IncomingMessage): boolean {
  const { headers, method } = raw;
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (headers.authorization !== undefined || headers['x-api-key'] !== undefined) return false;
  const mode = headers['sec-fetch-mode'];
  return mode === undefined ? /\btext\/html\b/.test(headers.accept ?? '') : mode === 'navigate';
}

/**
 * Where REQUIRE_HTTPS holds, plain http is sent on (308) for page navigations only; an API call is refused with 403
 * "HTTPS required", for a redirect would hide that its token already went over the wire (ASVS 4.1.2).
 * Returns true when the answer was given. Runs after the host check, so the Location names an allowed host.
 */
export function createHttpsRule(
  settings: Pick<Settings, 'requireHttps' | 'publicUrl'>,
): (raw: IncomingMessage, response: ServerResponse) => boolean {
  if (!settings.requireHttps) return () => false;
  const publicUrl = new URL(settings.publicUrl);
  return (raw, response) => {
    if (contextOf(raw).secure) return false;
    const hostname = hostnameOf(raw.headers.host ?? '');
    if (hostname === undefined || !isPageNavigation(raw)) throw new Refusal('https_required');
    const known = publicUrl.protocol === 'https:' && publicUrl.hostname === hostname;
    response.setHeader('location', `https://${known ? publicUrl.host : hostname}${raw.url ?? '/'}`);
    response.writeHead(308, { 'content-length': 0 }).end();
    return true;
  };
}
