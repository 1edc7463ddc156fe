import { posix } from 'node:path';
import { ConfigurationError } from '../../base/errors.js';
import { type Control, type ControlOptions, control } from './control.js';
import { assertPaths } from './except.js';

/** Options of `docsGate`. */
export interface DocsGateOptions extends ControlOptions {
  /** Each covers what lies below it, too: `['/docs', '/openapi.json']`. */
  readonly paths: readonly string[];
}

/** A path in the one form in which two of them can be compared; undefined for what Fastify refuses anyway. */
function plainPath(url: string): string | undefined {
  const end = url.search(/[?#;]/);
  try {
    const decoded = decodeURIComponent(end === -1 ? url : url.slice(0, end));
    const path = decoded.replace(/^https?:\/\/[^/]*/i, '').replaceAll('\\', '/');
    return posix.normalize(path).replace(/^\/+/, '/').toLowerCase();
  } catch {
    return undefined;
  }
}

/**
 * Answers what no route takes answers, unless DEBUG is on: in production your docs page and its document do not exist
 * (ASVS 13.4.5). Judged by the route that Fastify found and by the path as it was sent, in every spelling, so a page that
 * a wildcard route serves is covered. `HEAD` and all other methods are.
 */
export const docsGate: Control<DocsGateOptions> = control(
  'docsGate',
  ['paths'],
  (_app, { settings, paths }) => {
    const closed = assertPaths('docsGate', 'paths', paths).map((path) => plainPath(path)?.replace(/\/$/, ''));
    if (closed.length === 0 || closed.includes(''))
      throw new ConfigurationError(
        'ERR_OPTIONS',
        "docsGate: paths names no path, or '/' and so everything: paths: ['/docs', '/openapi.json'].",
      );
    if (settings.debug) return (_request, _reply, goOn) => goOn();
    const isClosed = (path: string | undefined): boolean =>
      path !== undefined && closed.some((one) => path === one || path.startsWith(`${one}/`));
    return ({ routeOptions, raw }, reply, goOn) => {
      if (isClosed(routeOptions.url?.toLowerCase()) || isClosed(plainPath(raw.url ?? '/')))
        reply.callNotFound();
      else goOn();
    };
  },
);
