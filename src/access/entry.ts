import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { Refusal } from '../base/errors.js';
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

export function scopeOf(request: FastifyRequest): Scope | null {
  return (request as ScopedRequest)[kScope];
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
          (error: unknown) => leave(scope, toError(error, where), done),
        );
      }
    } catch (error) {
      leave(scope, toError(error, where), done);
    }
  };
}

function goOn(scope: Scope, consumes: readonly string[] | undefined, done: Done): void {
  if (consumes !== undefined && !isConsumed(scope.request.headers['content-type'], consumes)) {
    leave(scope, new Refusal('unsupported_media_type'), done);
    return;
  }
  if (scope.holdsSomething) disposeOnClose(scope);
  done();
}

/** A refusal waits for disposal, too; what fails there is the worse news. */
function leave(scope: Scope, error: Error, done: Done): void {
  if (!scope.holdsSomething) {
    done(error);
    return;
  }
  scope.dispose().then(
    () => done(error),
    (failure: Error) => done(failure),
  );
}

/** `onResponse` never comes for a client that hung up; `close` does. A handler that already runs disposes itself. */
function disposeOnClose(scope: Scope): void {
  scope.reply.raw.once('close', () => {
    if (!scope.handling) disposeLogged(scope);
  });
}

function disposeLogged(scope: Scope): Promise<void> {
  return scope.dispose().catch((error: unknown) => {
    scope.request.log.error({ err: error }, 'a dependency could not be disposed');
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
  const isStream = typeof payload === 'object' && payload !== null && !Buffer.isBuffer(payload);
  // A stream's dependencies stay until it is out: `close` comes then, however it ended.
  if (scope === null || scope === undefined || !scope.holdsSomething || isStream) done(null, payload);
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
