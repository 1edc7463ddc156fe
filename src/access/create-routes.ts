import type { FastifyInstance, FastifyPluginCallback, FastifyPluginOptions } from 'fastify';
import type { AccessTable } from '../accounts/access-table.js';
import { ConfigurationError } from '../base/errors.js';
import { markTyped } from '../http/typed-route.js';
import { enter, enteredScope } from './entry.js';
import { cover, coverOf, installGate, passGate, type RouteRow, routesTable, tellLimit } from './gate.js';
import { describeRoute } from './openapi.js';
import { factsOfNeeds } from './openapi-security.js';
import { Planner } from './plan.js';
import { judgeRawBody } from './raw-body.js';
import { type Dependency, type Guarded, type Needs, type NoNeeds, recipeOf } from './recipe.js';
import { Responder } from './respond.js';
import type { AnyOptions, Open, ReadRoute, RouteMethod, WriteRoute } from './route.js';
import {
  assertAccess,
  assertAsked,
  assertInputs,
  assertResponse,
  assertRoute,
  fail,
} from './route-checks.js';
import { addsOwn, tellFacts } from './route-facts.js';
import { assertLimit, type LimitMaker } from './route-limit.js';
import { type CompiledRoute, run } from './run.js';
import { Scope } from './scope.js';
import { compileInputs } from './validate.js';

type GuardedNeeds<N extends Needs> = N & (Guarded<N> extends true ? unknown : Open);
type Cover<N extends Needs> =
  | { readonly access: 'public'; readonly needs?: undefined }
  | { readonly needs: GuardedNeeds<N>; readonly access?: undefined };

/** Both of Fastify's kinds, told as one so that an inline plugin's parameters have their types. */
type Plugin<O> = (instance: FastifyInstance, options: O, done: (error?: Error) => void) => unknown;

/**
 * Adds typed routes. Each is checked when it is added: what is not right throws a ConfigurationError that names the route
 * and the mend, and the start fails.
 */
export interface Routes {
  readonly get: ReadRoute;
  readonly post: WriteRoute;
  readonly put: WriteRoute;
  readonly patch: WriteRoute;
  readonly delete: WriteRoute;
  /** A Fastify plugin, all its routes behind these guards, or open. Guards run before the plugin's own hooks. */
  register<O extends FastifyPluginOptions, const N extends Needs = NoNeeds>(
    plugin: Plugin<O>,
    options: O,
    cover: Cover<N>,
  ): void;
  /**
   * For tests: from now on this dependency is what `make` returns; its own needs are not resolved for it.
   * @throws ConfigurationError once the application is ready, and in production.
   */
  override<T>(wanted: Dependency<T>, make: () => T | Promise<T>): void;
  table(): readonly RouteRow[];
}

/** What the room must know of its application. */
export interface RoutesOptions {
  /** Overrides are refused. */
  readonly production: boolean;
  /** The roles and permissions that guards may ask for. */
  readonly access: AccessTable;
  readonly limit: LimitMaker;
  /** It is a fresh scope of an application that exists: that one's own routes do not pass the gate. */
  readonly scoped?: boolean;
}

interface Registered {
  readonly compile: (overrides: ReadonlyMap<Dependency<unknown>, () => unknown>) => CompiledRoute;
  /** Compiled at registration, and again when the application is ready and something was overridden. */
  current: CompiledRoute;
}

/** Shuts the gate of a fresh Fastify instance and returns the only way to add typed routes to it. */
export function createRoutes(fastify: FastifyInstance, options: RoutesOptions): Routes {
  installGate(fastify, options.scoped);
  const registered: Registered[] = [];
  const overrides = new Map<Dependency<unknown>, () => unknown>();
  const shapes = new Map<string, string>();
  let ready = false;
  fastify.addHook('onReady', (done) => {
    ready = true;
    if (overrides.size > 0) for (const one of registered) one.current = one.compile(overrides);
    done();
  });

  const house = { fastify, shapes, options };
  const add = (method: RouteMethod) => (path: unknown, given: unknown, handler: unknown) => {
    registered.push(addRoute(house, method, path, given, handler));
  };
  return {
    get: add('GET') as ReadRoute,
    post: add('POST') as WriteRoute,
    put: add('PUT') as WriteRoute,
    patch: add('PATCH') as WriteRoute,
    delete: add('DELETE') as WriteRoute,
    register: (plugin, pluginOptions, wanted) => {
      const where = `the plugin ${pluginName(plugin)}`;
      const covered = coverOf(where, wanted, options.access);
      fastify.register((scope, _options, done) => {
        cover(scope, covered);
        letOwnForms(scope);
        scope.register(plugin as FastifyPluginCallback, pluginOptions);
        done();
      });
    },
    override: (wanted, make) => {
      recipeOf(wanted, 'override');
      assertOverride(wanted.name, options.production, ready);
      overrides.set(wanted, make);
    },
    table: () => routesTable(fastify),
  };
}

/** A media type that nothing reads would be a 415 for ever. */
function assertReadable(fastify: FastifyInstance, where: string, consumes: readonly string[]): void {
  const unread = consumes.find((type) => !fastify.hasContentTypeParser(type));
  if (unread !== undefined)
    fail(
      'ERR_ROUTE_INPUT',
      where,
      `nothing reads a body of ${unread}. Ours read application/json, application/x-www-form-urlencoded and multipart/form-data without files; add a parser by app.fastify.addContentTypeParser() first.`,
    );
}

function pluginName(plugin: unknown): string {
  if (typeof plugin === 'function') return plugin.name || '(anonymous)';
  throw new ConfigurationError(
    'ERR_PLUGIN',
    `register: ${String(plugin)} is no plugin. Give a Fastify plugin, which is a function.`,
  );
}

/** Forms are read by ours for typed routes; a plugin that reads them brings its own parser. */
function letOwnForms(scope: FastifyInstance): void {
  for (const type of ['multipart/form-data', 'application/x-www-form-urlencoded'])
    if (scope.hasContentTypeParser(type)) scope.removeContentTypeParser(type);
}

function assertOverride(name: string, production: boolean, ready: boolean): void {
  const refuse = (problem: string) => {
    throw new ConfigurationError('ERR_OVERRIDE', `override(${name}): ${problem}`);
  };
  if (production) refuse('overrides are for tests, and work in development alone.');
  if (ready) refuse('the application is ready already. Override before listen(), ready() and inject().');
}

interface House {
  readonly fastify: FastifyInstance;
  readonly shapes: Map<string, string>;
  readonly options: RoutesOptions;
}

function addRoute(
  { fastify, shapes, options: house }: House,
  method: RouteMethod,
  path: unknown,
  given: unknown,
  handler: unknown,
): Registered {
  const where = `${method} ${String(path)}`;
  const options = assertRoute(where, path, given, handler);
  const url = path as string;
  const access = assertAccess(where, options.access, options.needs ?? {});
  assertInputs(where, method, fastify.prefix + url, options);
  assertResponse(where, options.response);
  assertLimit(where, options.limit);
  assertReadable(fastify, where, options.consumes ?? []);
  assertAsked(where, options.needs ?? {}, house.access);
  const responder = new Responder(where, options.response);
  assertFirst(shapes, where, method, fastify.prefix + url);
  const counted = options.limit === undefined ? [] : [house.limit(where, options.limit)];
  const compile: Registered['compile'] = (overrides) =>
    compileRoute(
      where,
      options,
      counted,
      handler as CompiledRoute['handler'],
      responder,
      new Planner(overrides),
    );
  const route: Registered = { compile, current: compile(new Map()) };
  const config = { access };
  tellFacts(config, factsOfNeeds(options.needs ?? {}, addsOwn(fastify)));
  markTyped(config);
  passGate(config);
  tellLimit(config, options.limit);
  describeRoute(config, { method, path: url, options, plan: route.current.plan, access });
  mount(fastify, method, url, options, config, route);
  return route;
}

function compileRoute(
  where: string,
  options: AnyOptions,
  unheard: readonly Dependency<unknown>[],
  handler: CompiledRoute['handler'],
  responder: Responder,
  planner: Planner,
): CompiledRoute {
  const names: string[] = [];
  const from: number[] = [];
  for (const part of ['params', 'query', 'headers', 'body'] as const) {
    const schema = options[part];
    if (schema === undefined) continue;
    names.push(part);
    from.push(planner.input(part, schema));
  }
  const needs = Object.entries(options.needs ?? {});
  const plan = planner.plan([...needs.map(([, need]) => need), ...unheard]);
  for (const [name, need] of needs) {
    names.push(name);
    from.push(planner.slotOf(need));
  }
  return { where, plan, readInputs: compileInputs(plan.inputs), names, from, handler, responder };
}

function mount(
  fastify: FastifyInstance,
  method: RouteMethod,
  url: string,
  options: AnyOptions,
  config: { readonly access: 'public' | readonly string[] },
  route: Registered,
): void {
  const plan = () => route.current.plan;
  const consumes = options.body === undefined ? undefined : (options.consumes ?? ['application/json']);
  // A need that is overridden later may become a guard without input, so any need enters here.
  const enters =
    Object.keys(options.needs ?? {}).length > 0 || consumes !== undefined || options.limit !== undefined;
  fastify.route({
    method,
    url,
    config,
    ...(options.bodyLimit !== undefined && { bodyLimit: options.bodyLimit }),
    ...(enters && { onRequest: enter(route.current.where, plan, consumes) }),
    // Only a need asks for the bytes, so such a route has entered.
    ...(plan().rawBodySlot !== -1 && { preParsing: judgeRawBody(plan) }),
    handler: (request, reply) => {
      const { current } = route;
      // A route whose guards never ran must not answer, whoever took its hooks away.
      run(current, enters ? enteredScope(request) : new Scope(current.plan.size, request, reply));
    },
  });
}

/** `/a/:id` and `/a/:name` are one route. */
function assertFirst(shapes: Map<string, string>, where: string, method: string, path: string): void {
  const shape = `${method} ${path.replaceAll(/:\w+/g, ':')}`;
  const before = shapes.get(shape);
  if (before !== undefined)
    fail(
      'ERR_ROUTE_DUPLICATE',
      where,
      `there is such a route already: ${before}. Take one of them away, or give it another path.`,
    );
  shapes.set(shape, where);
}
