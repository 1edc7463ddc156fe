import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { ConfigurationError, type RefusalCode } from '../base/errors.js';

declare const yields: unique symbol;

/** As Fastify calls it: `onRequest: requireRole('admin').hook`. */
export type GuardHook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;
type HookOf<G extends boolean> = G extends true ? GuardHook : undefined;

/**
 * Something a route may ask for. `guards` is `true` only where the type proves that it lets nobody unproven
 * pass: a widened `Dependency<T>` and a union of a guard with something else count as no guard.
 */
export interface Dependency<out T, out G extends boolean = boolean> {
  readonly name: string;
  readonly guards: G;
  /** A guard as an `onRequest` hook for routes of an application that exists; undefined where it guards nothing. */
  readonly hook: HookOf<G>;
  /**
   * What this guard let pass on that request: by its `hook`, or as a need of a raw route or of a plugin.
   * @throws Error where it did not judge that request: a route that reads a user without a guard must not go on.
   */
  readonly of: (request: FastifyRequest) => T;
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

/** What a guard asks for beyond a user. */
export interface Asked {
  readonly role?: string;
  /** A permission, which a narrowed session or an API key must hold as a scope. */
  readonly permission?: string;
  /** A session: an API key does not do. */
  readonly session?: true;
}

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
  /** What the application must know for it to make sense; asked when a route is added. */
  readonly asks?: Asked | undefined;
}

/** What a guard offers beside a place among needs. */
export interface Beside {
  readonly hook: GuardHook | undefined;
  readonly of: (request: FastifyRequest) => unknown;
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
  beside: (made: Dependency<unknown>) => Beside = notHooked,
): Dependency<T, G> {
  if (typeof name !== 'string' || name === '') {
    throw new ConfigurationError(
      'ERR_DEPENDENCY_NAME',
      'A dependency needs a name, a text that is not empty.',
    );
  }
  const made = { name, guards } as Dependency<T, G>;
  recipes.set(made, Object.freeze(recipe));
  return Object.freeze(Object.defineProperties(made, Object.getOwnPropertyDescriptors(beside(made))));
}

const notHooked = ({ name }: Dependency<unknown>): Beside => ({
  hook: undefined,
  of: () => {
    throw new Error(
      `${name} is no guard, so it has no hook and nothing of a request. Put it among a route's needs.`,
    );
  },
});

/** @throws ConfigurationError when the object was not made by this module. */
export function recipeOf(wanted: Dependency<unknown>, where?: string): Recipe {
  const recipe = typeof wanted === 'object' && wanted !== null ? recipes.get(wanted) : undefined;
  if (recipe !== undefined) return recipe;
  if (typeof wanted === 'function')
    throw new ConfigurationError(
      'ERR_DEPENDENCY_UNKNOWN',
      `${where === undefined ? '' : `${where}: `}a function is no dependency. Call it, requireRole('admin'), or wrap it in dependency().`,
    );
  const what = wanted === undefined || wanted === null ? String(wanted) : `"${String(wanted.name)}"`;
  const place = where === undefined ? '' : `${where}: `;
  throw new ConfigurationError(
    'ERR_DEPENDENCY_UNKNOWN',
    `${place}${what} is no dependency. Make it with dependency(), guard() or fromRequest().`,
  );
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

const house = new WeakSet<object>();
const houseNames = new Set<string>();

/** A name that a reader of `access.lock` would take for one of Sallyport's guards. */
const isOfOurs = (name: string): boolean =>
  houseNames.has(name) || /^require(?:Role|Permission|Scope)\(/.test(name);

/** Marks a guard as one of Sallyport's own: its name says what it stands on. */
export function ofTheHouse<D extends Dependency<unknown>>(made: D): D {
  house.add(made);
  houseNames.add(made.name);
  return made;
}

/**
 * A guard as the table of routes tells it: `ownReport < currentUser`. One's own says what it stands on, so that `access.lock`
 * shows where somebody loosens it.
 */
export function standing(guard: Dependency<unknown>): string {
  const below = house.has(guard)
    ? []
    : recipeOf(guard)
        .needs.map(([, need]) => need)
        .filter((need) => need.guards);
  const name = house.has(guard) || !isOfOurs(guard.name) ? guard.name : `${guard.name} (own)`;
  if (below.length === 0) return name;
  const told = below.map(standing);
  return `${name} < ${told.length === 1 ? told[0] : `(${told.join(' + ')})`}`;
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
