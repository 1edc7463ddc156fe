import type { FastifyInstance, RouteOptions } from 'fastify';
import { ConfigurationError } from '../base/errors.js';
import { disposeOnError, disposeOnSend, scopeProperty } from './entry.js';
import { judgedBy } from './guard-hook.js';
import { type Dependency, everyRecipe, type GuardHook, type Needs } from './recipe.js';
import type { RouteLimit } from './route.js';
import { assertAccess, fail } from './route-checks.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** 'public', or the guards' names where Sallyport registered the route. */
    access?: 'public' | readonly string[];
    /** Something among its needs reads a credential; of a public route that is `optionalUser`. */
    readsCredential?: boolean;
    /** The permissions that its needs name. */
    scopes?: readonly string[];
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

/** A plugin's routes, all of them: open, or behind these guards. */
export type Cover = { readonly access: 'public'; readonly needs?: undefined } | { readonly needs: Needs };

interface Covered {
  readonly access: 'public' | readonly string[];
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
      : judgeRaw(route, (this as FastifyInstance & { [kCover]: Covered | null })[kCover]);
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

function judgeRaw(route: RouteOptions, cover: Covered | null): 'public' | readonly string[] {
  const where = `${String(route.method)} ${route.url}`;
  const { access, needs } = route.config ?? {};
  if (cover !== null && access === undefined && needs === undefined) return cover.access;
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
    route.onRequest = [hookOf(where, needs), ...[route.onRequest ?? []].flat()];
    route.onSend = [...[route.onSend ?? []].flat(), disposeOnSend];
  }
  return judged;
}

/** Covers everything that is registered on `scope`, its hooks included: the guards run first. */
export function cover(scope: FastifyInstance, where: string, given: Cover): void {
  const access = assertCover(where, given);
  (scope as FastifyInstance & { [kCover]: Covered | null })[kCover] = { access };
  if (given.needs === undefined) return;
  scope.addHook('onRequest', hookOf(where, given.needs));
  scope.addHook('onSend', disposeOnSend);
}

/**
 * The run-time twin of a plugin's `Cover`.
 * @returns the guards' names, or 'public'.
 * @throws ConfigurationError where it says neither or both.
 */
export function assertCover(where: string, given: unknown): 'public' | readonly string[] {
  const { access, needs } = (given ?? {}) as { readonly access?: unknown; readonly needs?: Needs };
  return assertAccess(where, access, needs ?? {});
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
