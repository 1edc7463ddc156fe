import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { ConfigurationError, type RefusalCode } from '../base/errors.js';

declare const yields: unique symbol;

/**
 * Something a route may ask for. `guards` is `true` only where the type proves that it lets nobody unproven
 * pass: a widened `Dependency<T>` and a union of a guard with something else count as no guard.
 */
export interface Dependency<out T, out G extends boolean = boolean> {
  readonly name: string;
  readonly guards: G;
  /** Never there at run time: it makes an object written by hand a type error. */
  readonly [yields]: () => T;
}

/** What a route or a dependency asks for, by the name under which it receives it. */
export type Needs = Readonly<Record<string, Dependency<unknown>>>;

/** Nothing is asked for. */
export type NoNeeds = Readonly<Record<never, never>>;

/** The values of `Needs`, by the same names: what `make` or a handler receives. */
export type Resolved<N extends Needs> = {
  readonly [K in keyof N]: N[K] extends Dependency<infer T> ? T : never;
};
type GuardNames<N extends Needs> = { [K in keyof N]: [N[K]['guards']] extends [true] ? K : never }[keyof N];

/** `true` only where at least one need is a guard beyond doubt. */
export type Guarded<N extends Needs> = [GuardNames<N>] extends [never] ? false : true;

/** The parts of a request that a dependency may read. Never the parsed body: that is the route's own. */
export type InputPart = 'params' | 'query' | 'headers';

/** Resolved values once the types are gone. */
export type Made = Readonly<Record<string, unknown>>;

/** How a dependency comes about. Kept apart from the object that stands for it, so that nobody can write one. */
export interface Recipe {
  readonly kind: 'root' | 'made' | 'guard' | 'input' | 'rawBody';
  readonly needs: readonly (readonly [string, Dependency<unknown>])[];
  readonly make: (needs: Made, request: FastifyRequest, reply: FastifyReply) => unknown;
  readonly input?: { readonly part: InputPart; readonly schema: z.ZodType };
  /** Names of OpenAPI security schemes; any one of them is enough. */
  readonly security: readonly string[];
  readonly refusals: readonly RefusalCode[];
  readonly beforeBody: boolean;
}

/** What is said of a dependency beside how it is made; nothing of it changes what it lets pass. */
export interface DependencyOptions {
  /** The OpenAPI security schemes by which a client can satisfy it, any one of them: `['HTTPBearer']`. */
  readonly security?: readonly string[];
  /** What it may refuse with, for the documentation of every route that needs it. */
  readonly refusals?: readonly RefusalCode[];
  /** Resolved with the guards, before the body is read, although it proves nobody (a limit that counts the address). */
  readonly beforeBody?: boolean;
}

/** The only proof that an object came from here: plain JavaScript cannot forge a guard by writing `{ guards: true }`. */
const recipes = new WeakMap<object, Recipe>();

/**
 * Makes the object that stands for a recipe, frozen, and remembers the recipe. For this room alone: `guards` is believed.
 * @throws ConfigurationError where the name is empty.
 */
export function registerDependency<T, G extends boolean>(
  name: string,
  guards: G,
  recipe: Recipe,
): Dependency<T, G> {
  if (typeof name !== 'string' || name === '') {
    throw new ConfigurationError(
      'ERR_DEPENDENCY_NAME',
      'A dependency needs a name, a text that is not empty.',
    );
  }
  const made = Object.freeze({ name, guards }) as Dependency<T, G>;
  recipes.set(made, Object.freeze(recipe));
  return made;
}

/** @throws ConfigurationError when the object was not made by this module. */
export function recipeOf(wanted: Dependency<unknown>, where?: string): Recipe {
  const recipe = typeof wanted === 'object' && wanted !== null ? recipes.get(wanted) : undefined;
  if (recipe !== undefined) return recipe;
  const what = wanted === undefined || wanted === null ? String(wanted) : `"${String(wanted.name)}"`;
  const place = where === undefined ? '' : `${where}: `;
  throw new ConfigurationError(
    'ERR_DEPENDENCY_UNKNOWN',
    `${place}${what} is no dependency. Make it with dependency(), guard() or fromRequest().`,
  );
}

/** A root: read from the request (never from its body), proves nothing. Also the door to the raw request and reply. */
export function fromRequest<T>(
  name: string,
  make: (request: FastifyRequest, reply: FastifyReply) => T,
  options: DependencyOptions = {},
): Dependency<Awaited<T>, false> {
  const recipe: Recipe = {
    kind: 'root',
    needs: [],
    make: (_needs, request, reply) => make(request, reply),
    security: options.security ?? [],
    refusals: options.refusals ?? [],
    beforeBody: options.beforeBody ?? false,
  };
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
  return registerDependency(name, guards, {
    kind: 'made',
    needs: entries,
    make: make as Recipe['make'],
    security: options.security ?? [],
    refusals: options.refusals ?? [],
    beforeBody: options.beforeBody ?? false,
  });
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
  return registerDependency(name, true, {
    kind: 'guard',
    needs: entriesOf(name, needs),
    make: make as Recipe['make'],
    security: options.security ?? [],
    refusals: options.refusals ?? [],
    beforeBody: options.beforeBody ?? false,
  });
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

/** Taken once: what is written into `needs` afterwards changes nothing, so a circle cannot be made. */
export function entriesOf(name: string, needs: Needs): [string, Dependency<unknown>][] {
  const entries = Object.entries(needs);
  for (const [key, need] of entries) {
    if (key === '__proto__')
      throw new ConfigurationError('ERR_DEPENDENCY_NAME', `${name}: a need cannot be called ${key}.`);
    recipeOf(need, name);
  }
  return entries;
}

/** These and all that they need, however deep: each once, after what it needs itself. */
export function* everyRecipe(
  wanted: Iterable<Dependency<unknown>>,
  seen = new Set<Dependency<unknown>>(),
): Generator<readonly [Dependency<unknown>, Recipe]> {
  for (const one of wanted) {
    if (seen.has(one)) continue;
    seen.add(one);
    const recipe = recipeOf(one);
    yield* everyRecipe(
      recipe.needs.map(([, need]) => need),
      seen,
    );
    yield [one, recipe];
  }
}
