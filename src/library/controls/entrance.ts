import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasGate } from '../../access/gate.js';
import { toError } from '../../access/run.js';
import { systemClock } from '../../base/clock.js';
import { ConfigurationError } from '../../base/errors.js';
import type { ClientReader } from '../../http/client-address.js';
import { announceRefusal } from '../../http/error-reply.js';
import { clientReader } from '../../http/front-door.js';
import { hasContext, isWellFormedId, openContext } from '../../http/request-context.js';
import { standOneOn } from '../../http/standing-response.js';
import type { Settings } from '../../settings/settings.js';

/** In the order of a request, in whatever order they are registered (docs/architecture.md). */
const order = [
  'securityHeaders',
  'trustedHosts',
  'requireHttps',
  'cors',
  'accounts',
  'requestLimit',
  'docsGate',
  'errorDoor',
] as const;

export type ControlName = (typeof order)[number];

/** What a control does at each request. One that answers by itself does not go on. */
export type Step = (request: FastifyRequest, reply: FastifyReply, goOn: (error?: Error) => void) => void;

/** Fastify's own `req-1` names another request after each start; a shorter id than this is taken for such a counter. */
const shortestId = 16;

/** The controls of one Fastify instance and the scopes below it: one hook, which all of them share. */
export class Entrance {
  readonly trustedProxies: string;
  readonly #steps = new Map<ControlName, Step>();
  readonly #readClient: ClientReader;
  #inOrder: readonly Step[] = [];
  #firstRoute: string | undefined;

  constructor(app: FastifyInstance, settings: Settings) {
    if (isRoot(app) && app.printRoutes().trim() !== '(empty tree)') this.#firstRoute = 'before every control';
    const tell = (where: string): void => {
      this.#firstRoute ??= where;
    };
    app.addHook('onRoute', function (route) {
      if (!accountScopes.has(this)) tell(`${String(route.method)} ${route.url}`);
    });
    this.trustedProxies = settings.trustedProxies.join();
    this.#readClient = clientReader(settings, (fields, message) => app.log.warn(fields, message));
    app.addHook('onRequest', (request, reply, done) => this.#pass(request, reply, done));
  }

  /** A route of the application that is there already. */
  get firstRoute(): string | undefined {
    return this.#firstRoute;
  }

  has(name: ControlName): boolean {
    return this.#steps.has(name);
  }

  add(name: ControlName, step: Step): void {
    this.#steps.set(name, step);
    this.#inOrder = order.flatMap((one) => this.#steps.get(one) ?? []);
  }

  #pass(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    this.assureContext(request, reply);
    const steps = this.#inOrder;
    const goOn = (at: number, error?: Error): void => {
      const step = steps[at];
      if (error !== undefined) {
        announceRefusal(error, reply);
        done(error);
      } else if (step === undefined) done();
      else take(step, request, reply, (failure) => goOn(at + 1, failure));
    };
    goOn(0);
  }

  /**
   * Who asks and under which id: for a request that came without `secureServer` or by app.inject, and for one that a hook
   * of the application refused before us. The application's own id is ours, so that its log lines bear it too.
   */
  assureContext(request: FastifyRequest, reply: FastifyReply): void {
    if (hasContext(request.raw)) return;
    const { id } = request;
    const own = id.length >= shortestId && isWellFormedId(id) ? () => id : undefined;
    const context = openContext(request.raw, this.#readClient, systemClock, own);
    standOneOn(reply.raw, 'x-request-id', context.id);
  }
}

function take(step: Step, request: FastifyRequest, reply: FastifyReply, goOn: (error?: Error) => void): void {
  try {
    step(request, reply, goOn);
  } catch (error) {
    goOn(toError(error, 'a control'));
  }
}

/** Scopes that hold Sallyport's own account routes. */
const accountScopes = new WeakSet<FastifyInstance>();

/** Says that the routes of this scope are Sallyport's own. */
export const markAccountScope = (scope: FastifyInstance): void => {
  accountScopes.add(scope);
};

/** Whether a route of this instance is Sallyport's own. */
export const isAccountScope = (scope: FastifyInstance): boolean => accountScopes.has(scope);

const isRoot = (app: FastifyInstance): boolean => !('register' in Object.getPrototypeOf(app));

const entrances = new WeakMap<FastifyInstance, Entrance>();

/** The instance itself and every scope that it stands in, the nearest first. */
export function* scopesOf(app: FastifyInstance): Generator<FastifyInstance> {
  for (let at: unknown = app; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at))
    yield at as FastifyInstance;
}

/** Whether a control covers this scope. */
function isCovered(app: FastifyInstance, name: ControlName): boolean {
  for (const scope of scopesOf(app)) if (entrances.get(scope)?.has(name)) return true;
  return false;
}

/**
 * The entrance of this instance.
 * @throws ConfigurationError where the control stands there already, or on a scope around it, and where two controls were
 * given settings that differ in what all of them share.
 */
export function entranceFor(app: FastifyInstance, name: ControlName, settings: Settings): Entrance {
  if (isCovered(app, name))
    throw new ConfigurationError(
      'ERR_CONTROL_TWICE',
      `${name} is registered twice for the same routes: on this instance, or on one around it. Keep one.`,
    );
  for (const scope of scopesOf(app)) {
    if (hasGate(scope))
      throw new ConfigurationError(
        'ERR_CONTROL_TWICE',
        `${name}: an application that createSecureApp made has this control. Take the plugin out.`,
      );
    const known = entrances.get(scope);
    if (known !== undefined && known.trustedProxies !== settings.trustedProxies.join())
      throw new ConfigurationError(
        'ERR_CONTROL_SETTINGS',
        `${name}: its settings name other TRUSTED_PROXIES than those of the controls before it. Give all of them the settings of one loadSettings().`,
      );
  }
  const made = entrances.get(app) ?? new Entrance(app, settings);
  entrances.set(app, made);
  return made;
}
