import type { FastifyInstance, FastifyRequest } from 'fastify';

const kRoute = Symbol('sallyport.route');
type RouteOptions = FastifyRequest['routeOptions'];
interface Remembered {
  [kRoute]: RouteOptions | null;
}

/** Gives every request a place for its route. */
export const declareRoute = (fastify: FastifyInstance): void => {
  if (!fastify.hasRequestDecorator(kRoute)) fastify.decorateRequest(kRoute, null);
};

/** `request.routeOptions`, which Fastify makes anew and freezes at each look: here once a request. */
export function routeOf(request: FastifyRequest): RouteOptions {
  const remembered = request as FastifyRequest & Remembered;
  remembered[kRoute] ??= request.routeOptions;
  return remembered[kRoute];
}
