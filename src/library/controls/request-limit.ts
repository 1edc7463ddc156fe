import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createRequestLimit, type RequestLimit } from '../../access/request-limit.js';
import { systemClock } from '../../base/clock.js';
import { exits } from '../../routes/exits.js';
import { tokenPath } from '../../routes/token-routes.js';
import { type Control, control } from './control.js';
import { isAccountScope, scopesOf } from './entrance.js';
import { unless } from './except.js';
import type { ExceptOptions } from './http-controls.js';

const limits = new WeakMap<FastifyInstance, RequestLimit>();

/** The endpoint counts by itself, once it knows whether a stranger asks or a device that signed in before. */
const countsItself = ({ server, routeOptions }: FastifyRequest): boolean =>
  isAccountScope(server) && routeOptions.url === server.prefix + tokenPath;

/** The general limit of whoever asks, looked up at each request: `requestLimit` may be registered later, or not at all. */
export const generalLimit: RequestLimit = {
  take: (request, reply) => limitOf(request)?.take(request, reply),
  takeFromAddress: (request, reply) => limitOf(request)?.takeFromAddress(request, reply),
};

function limitOf({ server }: FastifyRequest): RequestLimit | undefined {
  for (const scope of scopesOf(server)) {
    const limit = limits.get(scope);
    if (limit !== undefined) return limit;
  }
  return undefined;
}

/**
 * The general limit of SECURITY_RATE_LIMIT_*: 429 with `Retry-After` and the RateLimit fields. With `accounts` whoever
 * proved who they are counts in a bucket of their own; everybody else, and without it all, by client address, which behind
 * a proxy needs TRUSTED_PROXIES. Unknown paths count, too. It counts in the memory of each process, and is off under
 * DEBUG. A limit of a single route (`limit`) is for the typed routes of createSecureApp.
 */
export const requestLimit: Control<ExceptOptions> = control(
  'requestLimit',
  ['except'],
  (app, { settings, except }) => {
    const limit = createRequestLimit(settings, systemClock, exits);
    limits.set(app, limit);
    return unless(app, 'requestLimit', except, (request, reply, goOn) => {
      if (!countsItself(request)) limit.take(request, reply);
      goOn();
    });
  },
);
