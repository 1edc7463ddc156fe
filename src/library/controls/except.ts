import type { FastifyInstance, HTTPMethods } from 'fastify';
import { ConfigurationError } from '../../base/errors.js';
import type { ControlName, Step } from './entrance.js';

/** For controls that not every route can bear: a health check is asked by its bare address, over plain http. */
export interface Exceptions {
  /** Routes by their path as it was registered (`/health/:part`), whatever their method. None by default. */
  readonly except?: readonly string[];
}

const methods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * The step for all but these routes. It looks at the route that Fastify found, so no spelling of a URL gets round it.
 * @throws ConfigurationError, when the application gets ready, where such a route does not exist.
 */
export function unless(app: FastifyInstance, name: ControlName, except: unknown, step: Step): Step {
  if (except === undefined) return step;
  const paths = assertPaths(name, 'except', except);
  app.addHook('onReady', (done) => {
    const lacking = paths.find((url) => !methods.some((method) => app.hasRoute({ method, url })));
    done(lacking === undefined ? undefined : noRoute(name, lacking));
  });
  const free = new Set<string | undefined>(paths);
  return (request, reply, goOn) => {
    if (free.has(request.routeOptions.url)) goOn();
    else step(request, reply, goOn);
  };
}

/** @throws ConfigurationError for anything but a list of paths. */
export function assertPaths(name: ControlName, option: string, paths: unknown): readonly string[] {
  const isPath = (one: unknown): boolean => typeof one === 'string' && one.startsWith('/');
  if (Array.isArray(paths) && paths.every(isPath)) return paths;
  throw new ConfigurationError(
    'ERR_OPTIONS',
    `${name}: ${option} is a list of paths that begin with '/': ${option}: ['/healthz'].`,
  );
}

const noRoute = (name: ControlName, path: string): ConfigurationError =>
  new ConfigurationError(
    'ERR_OPTIONS',
    `${name}: except names ${path}, and there is no such route. Write it as it was registered, with its prefix.`,
  );
