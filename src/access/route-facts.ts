import type { FastifyInstance, FastifyRequest } from 'fastify';
import { routeOf } from '../http/route-of.js';

/** What the gate found out about a route, where no hand-written `config` can say it. */
export interface RouteFacts {
  /** The permissions that its needs name: what a key must hold as scopes. */
  readonly scopes: readonly string[];
  /** Something among its needs reads a credential; of a public route that is `optionalUser`. */
  readonly readsCredential: boolean;
  /** One that Sallyport brings: what is kept for a path of ours is not kept for an application's route of the same path. */
  readonly own: boolean;
}

const nothing: RouteFacts = { scopes: [], readsCredential: false, own: false };
/** Never exported: under a name anybody could write it. Fastify copies the configuration, symbols with it. */
const kFacts = Symbol('sallyport.route-facts');

interface Known {
  [kFacts]?: RouteFacts;
}

const begun = new WeakSet<object>();

/** From here on the routes of this instance are the application's. */
export const beginApplication = (fastify: FastifyInstance): void => {
  begun.add(fastify);
};

/** Whether what is added now is a route that Sallyport brings. */
export const addsOwn = (fastify: FastifyInstance): boolean => !begun.has(fastify);

/** Kept in a route's configuration. */
export const tellFacts = (config: object, facts: RouteFacts): void => {
  (config as Known)[kFacts] = facts;
};

/** Nothing for a route that no gate saw. */
export const factsOf = (request: FastifyRequest): RouteFacts =>
  (routeOf(request).config as Known)[kFacts] ?? nothing;
