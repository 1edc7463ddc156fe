import type { HTTPMethods } from 'fastify';
import type { z } from 'zod';
import type { RefusalCode } from '../base/errors.js';
import type { Answer, AnySchema, DeclaredResponses, Responses } from './answer.js';
import type { Guarded, Needs, NoNeeds, Resolved } from './recipe.js';

type Schema = AnySchema | undefined;
type Part<K extends string, S extends Schema> = S extends AnySchema
  ? { readonly [P in K]: z.output<S> }
  : unknown;

/** How often one client may call one route, beside the general limit. */
export interface RouteLimit {
  /** 1 to 1,000,000. */
  readonly requests: number;
  /** Whole seconds, 1 to 2,678,400 (31 days). Opens with a client's first request; when it ends the whole quota is back. */
  readonly window: number;
  /** `principal` (default): who proved who they are by their account, others by address. `address`: everybody by address. */
  readonly key?: 'principal' | 'address';
}

/** What every route may say. */
export interface ReadOptions<N, A, P, Q, H, R> {
  /** What the handler receives, by name; at least one is a guard, unless `access` is 'public'. */
  readonly needs?: N;
  /** Says that anybody may call this route. */
  readonly access?: A;
  readonly params?: P;
  readonly query?: Q;
  /** Names in lower case. */
  readonly headers?: H;
  /** By status: an allow-list of fields. What it does not list is dropped, what does not fit it is a 500 in the log. */
  readonly response: R;
  /** How often one client may call it, beside the general limit; 429 beyond. */
  readonly limit?: RouteLimit;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly operationId?: string;
  readonly deprecated?: boolean;
  /** Refusals of its own, for the documentation; those that follow from needs and inputs are told anyway. */
  readonly refusals?: readonly RefusalCode[];
}

/** What a route with a body may say beside that. */
export interface WriteOptions<N, A, P, Q, H, R, B> extends ReadOptions<N, A, P, Q, H, R> {
  readonly body?: B;
  /** Media types of the body; another one is a 415. Default: `application/json`. */
  readonly consumes?: readonly string[];
  /** Bytes; a longer body is a 413. Default: the application's. */
  readonly bodyLimit?: number;
}

type Given<
  N extends Needs,
  P extends Schema,
  Q extends Schema,
  H extends Schema,
  B extends Schema,
> = Resolved<N> & Part<'params', P> & Part<'query', Q> & Part<'headers', H> & Part<'body', B>;
type Reply<R extends Responses> = Promise<Answer<R>> | Answer<R>;
/** `NoInfer` around the whole: only so is what it returns read as literals where the schema asks for literals. */
type Handler<
  N extends Needs,
  P extends Schema,
  Q extends Schema,
  H extends Schema,
  B extends Schema,
  R extends Responses,
> = NoInfer<(given: Given<N, P, Q, H, B>) => Reply<R>>;

/** The compiler shows this text where a route has no guard and does not say that it is public. */
export type Open =
  "No guard among this route's needs. Add one (currentUser, requireRole(…), requirePermission(…)) or say access: 'public'.";

/** The compiler shows this text where a route contradicts itself. */
export type Both = "This route has a guard and says access: 'public'. Keep one of the two.";

/** The compiler shows this text where a need would hide an input. */
export type Clash = 'A need cannot be called params, query, headers or body: these are the inputs.';
type Inputs = 'params' | 'query' | 'headers' | 'body';

/** The verdict stands at the path's type, where the error is one short line and the handler's types stay whole. */
type Path<N extends Needs, A> =
  Extract<keyof N, Inputs> extends never
    ? Guarded<N> extends true
      ? [A] extends [never]
        ? string
        : Both
      : [A] extends [never]
        ? Open
        : [A] extends ['public']
          ? string
          : Open
    : Clash;

/**
 * Adds a GET, and its HEAD twin. The handler receives needs and inputs by name and returns what `response` declares.
 * A route without a guard and without `access: 'public'` is a type error; in plain JavaScript a ConfigurationError.
 */
export type ReadRoute = <
  R extends Responses,
  const N extends Needs = NoNeeds,
  A extends 'public' = never,
  P extends Schema = undefined,
  Q extends Schema = undefined,
  H extends Schema = undefined,
>(
  path: Path<NoInfer<N>, NoInfer<A>>,
  options: ReadOptions<N, A, P, Q, H, R>,
  handler: Handler<N, P, Q, H, undefined, R>,
) => void;

/** Adds a POST, PUT, PATCH or DELETE; as `ReadRoute`, with a body. Without a `body` schema the handler receives none. */
export type WriteRoute = <
  R extends Responses,
  const N extends Needs = NoNeeds,
  A extends 'public' = never,
  P extends Schema = undefined,
  Q extends Schema = undefined,
  H extends Schema = undefined,
  B extends Schema = undefined,
>(
  path: Path<NoInfer<N>, NoInfer<A>>,
  options: WriteOptions<N, A, P, Q, H, R, B>,
  handler: Handler<N, P, Q, H, B, R>,
) => void;

type Zod = z.ZodType | undefined;

/** A route's options once the types are gone: plain JavaScript may have written anything. */
export type AnyOptions = WriteOptions<Needs, unknown, Zod, Zod, Zod, DeclaredResponses, Zod>;

/** The methods that typed routes have. */
export type RouteMethod = Extract<HTTPMethods, 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'>;
