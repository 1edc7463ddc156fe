import { posix } from 'node:path';
import type { FastifyInstance } from 'fastify';
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

/** Routes by which something could be served there: at it, below it, or by a wildcard above it. */
function candidates(path: string): readonly string[] {
  const bare = path.replace(/\/$/, '');
  const parts = bare.split('/').slice(0, -1);
  const above = parts.map((_part, at) => `${parts.slice(0, at + 1).join('/')}/*`);
  return [bare, `${bare}/`, `${bare}/*`, ...above, '*'];
}

/** A misspelt path would leave the docs open, and nobody would see it before production. */
function assertRoutes(app: FastifyInstance, paths: readonly string[]): void {
  app.addHook('onReady', (done) => {
    const has = (url: string): boolean => app.hasRoute({ method: 'GET', url });
    const lacking = paths.find((path) => !candidates(path).some(has));
    if (lacking === undefined) done();
    else
      done(
        new ConfigurationError(
          'ERR_OPTIONS',
          `docsGate: paths names ${lacking}, and no route is there. Write it as it was registered, with its prefix.`,
        ),
      );
  });
}

/**
 * Answers what no route takes answers, unless DEBUG is on: in production your docs page and its document do not exist
 * (ASVS 13.4.5). Judged by the route that Fastify found and by the path as it was sent, in every spelling, so a page that
 * a wildcard route serves is covered. `HEAD` and all other methods are.
 * @throws ConfigurationError, when the application gets ready, for a path at which no route can be.
 */
export const docsGate: Control<DocsGateOptions> = control(
  'docsGate',
  ['paths'],
  (app, { settings, paths }) => {
    const closed = assertPaths('docsGate', 'paths', paths).map((path) => plainPath(path)?.replace(/\/$/, ''));
    if (closed.length === 0 || closed.includes(''))
      throw new ConfigurationError(
        'ERR_OPTIONS',
        "docsGate: paths names no path, or '/' and so everything: paths: ['/docs', '/openapi.json'].",
      );
    assertRoutes(app, paths);
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
