import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { Refusal } from '../base/errors.js';
import { isStream } from './answer.js';
import { disposeBefore, disposeLogged } from './disposal.js';
import type { Plan } from './plan.js';
import { toError } from './run.js';
import { Scope } from './scope.js';

const kScope = Symbol('sallyport.scope');
interface ScopedRequest extends FastifyRequest {
  [kScope]: Scope | null;
}
type Done = (error?: Error) => void;

/** The name under which a request carries its scope; Fastify wants it declared. */
export const scopeProperty: symbol = kScope;

/** The scope that `enter` gave the request; null where its route has no needs, or before it entered. */
function scopeOf(request: FastifyRequest): Scope | null {
  return (request as ScopedRequest)[kScope];
}

/** The scope of a route that `enter`s: there from its first hook on. */
export function enteredScope(request: FastifyRequest): Scope {
  const scope = scopeOf(request);
  // A second scope would lose what the first one made.
  if (scope === null) throw new Error('The request did not enter its route');
  return scope;
}

/**
 * An `onRequest` hook that lets the guards without input judge before a byte of the body is read.
 * @param consumes media types of the body; undefined where the route reads none.
 */
export function enter(where: string, plan: () => Plan, consumes?: readonly string[]) {
  return (request: FastifyRequest, reply: FastifyReply, done: Done): void => {
    const { size, early } = plan();
    const scope = new Scope(size, request, reply);
    (request as ScopedRequest)[kScope] = scope;
    try {
      const pending = scope.inOrder(early);
      if (pending === undefined) goOn(scope, consumes, done);
      else {
        pending.then(
          () => goOn(scope, consumes, done),
          (error: unknown) => disposeBefore(done, scope, toError(error, where)),
        );
      }
    } catch (error) {
      disposeBefore(done, scope, toError(error, where));
    }
  };
}

function goOn(scope: Scope, consumes: readonly string[] | undefined, done: Done): void {
  if (consumes !== undefined && !isConsumed(scope.request.headers['content-type'], consumes)) {
    disposeBefore(done, scope, new Refusal('unsupported_media_type'));
    return;
  }
  if (scope.holdsSomething) disposeOnClose(scope);
  done();
}

/** `onResponse` never comes for a client that hung up; `close` does. A handler that already runs disposes itself. */
function disposeOnClose(scope: Scope): void {
  scope.reply.raw.once('close', () => {
    if (!scope.handling) disposeLogged(scope);
  });
}

/** An `onError` hook: what the guards opened is closed before the refusal of a parser leaves. */
export function disposeOnError(
  request: FastifyRequest,
  _reply: FastifyReply,
  _error: Error,
  done: () => void,
): void {
  const scope = scopeOf(request);
  if (scope === null || scope === undefined || !scope.holdsSomething) done();
  else void disposeLogged(scope).then(done);
}

/** An `onSend` hook for routes whose handler is Fastify's own: disposal before the answer leaves. */
export const disposeOnSend: Extract<NonNullable<RouteOptions['onSend']>, (...args: never[]) => unknown> = (
  request,
  _reply,
  payload,
  done,
) => {
  const scope = scopeOf(request);
  // A stream's dependencies stay until it is out: `close` comes then, however it ended.
  if (scope === null || scope === undefined || !scope.holdsSomething || isStream(payload))
    done(null, payload);
  else {
    scope.dispose().then(
      () => done(null, payload),
      (error: Error) => done(error),
    );
  }
};

function isConsumed(contentType: string | undefined, consumes: readonly string[]): boolean {
  if (contentType === undefined) return true;
  const end = contentType.indexOf(';');
  const type = end === -1 ? contentType : contentType.slice(0, end);
  return consumes.includes(type) || consumes.includes(type.trim().toLowerCase());
}
