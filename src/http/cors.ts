import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Settings } from '../settings/settings.js';

const allowedMethods = 'GET, POST, PUT, PATCH, DELETE';
const ourAllowedHeaders = 'Authorization, Content-Type, X-API-Key, X-Request-ID';
const ourExposedHeaders = 'X-Request-ID, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate';
/** Seconds a browser may remember a preflight. */
const maxAge = 600;

/** What an application's own clients send and read beside ours. */
export interface MoreCorsHeaders {
  readonly allowedHeaders?: readonly string[];
  readonly exposedHeaders?: readonly string[];
}

/**
 * CORS by an exact list (ASVS 3.4.2): any other origin, `null` among them, gets no permission and is otherwise served
 * like every request. Returns true when it was a preflight, which ends here with 204; what it asks for is not weighed,
 * for the browser holds the answer's fixed lists against it. `Vary: Origin` stands on every answer anyway.
 */
export function createCors(
  settings: Pick<Settings, 'cors'>,
  more: MoreCorsHeaders = {},
): (raw: IncomingMessage, response: ServerResponse) => boolean {
  const allowedHeaders = [ourAllowedHeaders, ...(more.allowedHeaders ?? [])].join(', ');
  const exposedHeaders = [ourExposedHeaders, ...(more.exposedHeaders ?? [])].join(', ');
  const any = settings.cors.origins.includes('*');
  const origins = new Set(settings.cors.origins);
  const allow = (origin: string, response: ServerResponse): boolean => {
    if (origins.has(origin)) {
      response.setHeader('access-control-allow-origin', origin);
      if (settings.cors.credentials) response.setHeader('access-control-allow-credentials', 'true');
      return true;
    }
    // The Fetch standard forbids `*` together with credentials, so none are offered here.
    if (any) response.setHeader('access-control-allow-origin', '*');
    return any;
  };
  return (raw, response) => {
    const { origin } = raw.headers;
    if (origin === undefined) return false;
    const allowed = allow(origin, response);
    const preflight = raw.method === 'OPTIONS' && raw.headers['access-control-request-method'] !== undefined;
    if (!preflight) {
      if (allowed) response.setHeader('access-control-expose-headers', exposedHeaders);
      return false;
    }
    if (allowed) {
      response.setHeader('access-control-allow-methods', allowedMethods);
      response.setHeader('access-control-allow-headers', allowedHeaders);
      response.setHeader('access-control-max-age', maxAge);
    }
    response.writeHead(204).end();
    return true;
  };
}
