import type { FastifyInstance, RouteOptions } from 'fastify';
import type { AccessTable } from '../accounts/access-table.js';
import { ConfigurationError } from '../base/errors.js';
import { assertKnownOptions } from '../base/known-options.js';
import { disposeOnError, disposeOnSend, scopeProperty } from './entry.js';
import { tableOn } from './granted.js';
import { judgedBy } from './guard-hook.js';
import { factsOfNeeds } from './openapi-security.js';
import { type Dependency, everyRecipe, type GuardHook, type Needs } from './recipe.js';
import type { RouteLimit } from './route.js';
import { assertAccess, assertAsked, fail } from './route-checks.js';
import { type RouteFacts, tellFacts } from './route-facts.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** 'public', or the guards' names where Sallyport registered the route. */
    access?: 'public' | readonly string[];
    /** Guards of a raw Fastify route. */
    needs?: Needs;
  }
}

/** Who may call what. */
export interface RouteRow {
  readonly method: string;
  readonly path: string;
  readonly access: 'public' | readonly string[];
  readonly limit: RouteLimit | undefined;
}

/** A cover, judged when the plugin was registered: what is written into it afterwards changes nothing. */
export interface Covered {
  readonly access: 'public' | readonly string[];
  readonly facts: RouteFacts;
  readonly hook: GuardHook | undefined;
}
const kCover = Symbol('sallyport.cover');
const rows = new WeakMap<FastifyInstance, RouteRow[]>();
/** Configurations of routes that the route builder checked. */
const checked = new WeakSet<object>();

const limits = new WeakMap<object, RouteLimit>();

/** Keeps a route's limit for the table; set by the route builder alone, which also counts. */
export function tellLimit(config: object, limit: RouteLimit | undefined): void {
  if (limit !== undefined) limits.set(config, limit);
}

const limitOf = (config: object | undefined): RouteLimit | undefined => limits.get(config ?? {});

/** Marks a route's configuration as checked. A `config` that was written by hand is not in the set. */
export function passGate(config: object): void {
  checked.add(config);
}

/**
 * Shuts the application: from here on every route of it and of its plugins declares its access, or the start fails.
 * `upgrade` listeners and `reply.hijack()` do not pass here.
 * @param scoped the instance is a fresh scope of an application that exists, whose routes are its own.
 * @throws ConfigurationError when a route was there before.
 */
export function installGate(fastify: FastifyInstance, scoped = false): void {
  if (rows.has(fastify))
    throw new ConfigurationError(
      'ERR_GATE',
      'This Fastify instance already has its gate. Call createRoutes() once for each instance.',
    );
  if (!scoped && fastify.printRoutes().trim() !== '(empty tree)') {
    throw new ConfigurationError(
      'ERR_GATE',
      'This Fastify instance has routes already: they would escape the gate. Call createRoutes() before the first route.',
    );
  }
  const table: RouteRow[] = [];
  rows.set(fastify, table);
  fastify.decorateRequest(scopeProperty, null);
  fastify.decorate(kCover, null);
  fastify.addHook('onError', disposeOnError);
  fastify.addHook('onRoute', function (route) {
    const access = checked.has(route.config ?? {})
      ? (route.config?.access ?? [])
      : judgeRaw(route, (this as FastifyInstance & { [kCover]: Covered | null })[kCover], tableOn(this));
    for (const method of [route.method].flat()) {
      table.push({ method, path: route.url, access, limit: limitOf(route.config) });
    }
  });
}

/** Whether every route of this instance passes a gate. */
export const hasGate = (fastify: FastifyInstance): boolean => rows.has(fastify);

/** Every route × who may call it, HEAD twins and plugins included, in the order of registration. */
export function routesTable(fastify: FastifyInstance): readonly RouteRow[] {
  const table = rows.get(fastify);
  if (table === undefined)
    throw new ConfigurationError(
      'ERR_GATE',
      'This Fastify instance has no gate. Make its routes with createRoutes() first.',
    );
  return table;
}

function judgeRaw(
  route: RouteOptions,
  cover: Covered | null,
  table: AccessTable | undefined,
): 'public' | readonly string[] {
  const where = `${String(route.method)} ${route.url}`;
  const { access, needs } = route.config ?? {};
  if (cover !== null && access === undefined && needs === undefined) {
    route.config ??= {};
    tellFacts(route.config, cover.facts);
    return cover.access;
  }
  if (cover !== null && cover.access !== 'public') {
    fail(
      'ERR_ACCESS_CONTRADICTED',
      where,
      'its plugin is registered with needs, and it declares its own. Keep one.',
    );
  }
  if (access === undefined && needs === undefined) {
    fail(
      'ERR_ACCESS_UNDECLARED',
      where,
      "a raw Fastify route says config: { access: 'public' } or config: { needs: { user: currentUser } }; " +
        "a plugin is registered with app.register(plugin, options, { access: 'public' } or { needs }).",
    );
  }
  const judged = assertAccess(where, access, needs ?? {});
  if (needs !== undefined) {
    assertKnown(where, needs, table);
    tellFacts(route.config ?? {}, factsOfNeeds(needs));
    route.onRequest = [hookOf(where, needs), ...[route.onRequest ?? []].flat()];
    route.onSend = [...[route.onSend ?? []].flat(), disposeOnSend];
  }
  return judged;
}

/** Covers everything that is registered on `scope`, its hooks included: the guards run first. */
export function cover(scope: FastifyInstance, covered: Covered): void {
  (scope as FastifyInstance & { [kCover]: Covered | null })[kCover] = covered;
  if (covered.hook === undefined) return;
  scope.addHook('onRequest', covered.hook);
  scope.addHook('onSend', disposeOnSend);
}

/**
 * The run-time twin of a plugin's `Cover`.
 * @throws ConfigurationError where it says neither or both, or something else.
 */
export function coverOf(where: string, given: unknown, table: AccessTable | undefined): Covered {
  assertKnownOptions(where, given ?? {}, ['access', 'needs']);
  const { access, needs = {} } = {
    ...(given as { readonly access?: unknown; readonly needs?: Needs } | undefined),
  };
  const judged = assertAccess(where, access, needs);
  assertKnown(where, needs, table);
  const hook = judged === 'public' ? undefined : hookOf(where, needs);
  return { access: judged, facts: factsOfNeeds(needs), hook };
}

function assertKnown(where: string, needs: Needs, table: AccessTable | undefined): void {
  if (table !== undefined) assertAsked(where, needs, table);
}

/** A handler of Fastify's own receives nothing but what it asks a guard `of`, so only what judges may stand there. */
function hookOf(where: string, needs: Needs): GuardHook {
  const wanted = Object.values(needs);
  const idle = wanted.find((one) => !one.guards || readsInput(one));
  if (idle !== undefined) {
    fail(
      'ERR_ROUTE_INPUT',
      where,
      `${idle.name} cannot stand here: only guards that need no params, query, headers or body.`,
    );
  }
  return judgedBy(where, wanted);
}

function readsInput(wanted: Dependency<unknown>): boolean {
  return [...everyRecipe([wanted])].some(([, { input, kind }]) => input !== undefined || kind === 'rawBody');
}
