import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import type { HTTPMethod, HTTPVersion, Instance } from 'find-my-way';
import findMyWay from 'find-my-way';
import { Refusal } from '../base/errors.js';

/** 405 with the methods that the path does take (RFC 9110 §15.5.6, ASVS 4.1.4). */
export class MethodNotAllowed extends Refusal {
  readonly allow: string;

  constructor(allow: string) {
    super('method_not_allowed');
    this.allow = allow;
  }
}

export const routerOptions = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  useSemicolonDelimiter: false,
  maxParamLength: 512,
} as const;

export interface RouteFinder {
  /** Must be called before the first route is added: it listens to `onRoute`. */
  watch(app: FastifyInstance): void;
  /** Throws `not_found` (404) or MethodNotAllowed (405) for a request that no route takes; its body stays unread. */
  assertRoute(request: FastifyRequest): void;
}

const hasEmptyParameter = (params: unknown): boolean =>
  typeof params === 'object' && params !== null && Object.values(params).includes('');

/** The router lets `/users/` be `/users/:id` with nothing for the id. Throws `not_found` (404). */
export function assertParametersGiven(request: FastifyRequest): void {
  if (hasEmptyParameter(request.params)) throw new Refusal('not_found');
}

/** A second look-up by path alone, kept beside Fastify's router, which answers a foreign method with 404. */
export function createRouteFinder(): RouteFinder {
  const router: Instance<HTTPVersion.V1> = findMyWay({ ...routerOptions });
  const methods = new Set<HTTPMethod>();
  const add = (method: HTTPMethod, url: string): void => {
    methods.add(method);
    if (router.findRoute(method, url) === null) router.on(method, url, () => undefined);
  };
  const collect = (route: RouteOptions): void => {
    for (const method of [route.method].flat()) add(method as HTTPMethod, route.url);
  };
  const takes = (method: HTTPMethod, url: string): boolean => {
    const found = router.find(method, url);
    return found !== null && !hasEmptyParameter(found.params);
  };
  const allowOf = (url: string): string =>
    [...methods]
      .filter((method) => takes(method, url))
      .sort()
      .join(', ');
  return {
    watch(app) {
      app.addHook('onRoute', collect);
    },
    assertRoute(request) {
      if (!request.is404) {
        assertParametersGiven(request);
        return;
      }
      const allow = allowOf(request.raw.url ?? '/');
      if (allow === '') throw new Refusal('not_found');
      throw new MethodNotAllowed(allow);
    },
  };
}
