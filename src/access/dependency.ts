import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RefusalCode } from '../base/errors.js';
import { besideGuard } from './guard-hook.js';
import {
  type Asked,
  type Dependency,
  entriesOf,
  type Guarded,
  type Needs,
  type Recipe,
  type Resolved,
  registerDependency,
} from './recipe.js';

export type { Dependency, Needs } from './recipe.js';

/** What is said of a dependency beside how it is made; nothing of it changes what it lets pass. */
export interface DependencyOptions {
  /** The OpenAPI security schemes by which a client can satisfy it, any one of them: `['HTTPBearer']`. */
  readonly security?: readonly string[];
  /** What it may refuse with, for the documentation of every route that needs it. */
  readonly refusals?: readonly RefusalCode[];
  /** Resolved with the guards, before the body is read, although it proves nobody (a limit that counts the address). */
  readonly beforeBody?: boolean;
  /** A role or permission that the application must know; a route that needs this is refused at start where it does not. */
  readonly asks?: Asked;
}

const recipeFor = (
  kind: Recipe['kind'],
  needs: Recipe['needs'],
  make: Recipe['make'],
  options: DependencyOptions,
): Recipe => ({
  kind,
  needs,
  make,
  security: options.security ?? [],
  refusals: options.refusals ?? [],
  beforeBody: options.beforeBody ?? false,
  asks: options.asks,
});

/** A root: read from the request (never from its body), proves nothing. Also the door to the raw request and reply. */
export function fromRequest<T>(
  name: string,
  make: (request: FastifyRequest, reply: FastifyReply) => T,
  options: DependencyOptions = {},
): Dependency<Awaited<T>, false> {
  const recipe = recipeFor('root', [], (_needs, request, reply) => make(request, reply), options);
  return registerDependency(name, false, recipe);
}

/**
 * Something made from other things, at most once a request. It counts as a guard when something it needs is one:
 * what it returns exists only after that guard let the request pass. What it returns with `Symbol.asyncDispose` is
 * disposed before the answer leaves.
 */
export function dependency<const N extends Needs, T>(
  name: string,
  needs: N,
  make: (needs: Resolved<N>) => T,
  options: DependencyOptions = {},
): Dependency<Awaited<T>, Guarded<N>> {
  const entries = entriesOf(name, needs);
  // A guard that stands in a union or was widened is one at run time; only the types know better.
  const guards = entries.some(([, need]) => need.guards) as Guarded<N>;
  const recipe = recipeFor('made', entries, make as Recipe['make'], options);
  return registerDependency(name, guards, recipe, guards ? besideGuard : undefined);
}

/**
 * Where proof begins: `make` must throw unless it knows who or what asks (a webhook's signature, a client's
 * certificate). A guard that needs no input runs before a byte of the body is read; one that needs `rawBody` after
 * the body was read under its limit and before it is parsed; one that needs params, query or headers after these
 * were validated.
 */
export function guard<const N extends Needs, T>(
  name: string,
  needs: N,
  make: (needs: Resolved<N>) => T,
  options: DependencyOptions = {},
): Dependency<Awaited<T>, true> {
  const recipe = recipeFor('guard', entriesOf(name, needs), make as Recipe['make'], options);
  return registerDependency(name, true, recipe, besideGuard);
}

/** One dependency for one argument, so that "at most once a request" and `override` hold for factories too. */
export function perArgument<A extends string | number, D>(make: (argument: A) => D): (argument: A) => D {
  const made = new Map<A, D>();
  return (argument) => {
    const known = made.get(argument);
    if (known !== undefined) return known;
    const fresh = make(argument);
    made.set(argument, fresh);
    return fresh;
  };
}
