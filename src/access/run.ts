import { finished, type Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { isStream, type StreamPayload } from './answer.js';
import { disposeBefore, disposeLogged } from './disposal.js';
import type { Plan } from './plan.js';
import type { Made } from './recipe.js';
import type { Outgoing, Responder } from './respond.js';
import { gather, isThenable, type Scope } from './scope.js';
import type { compileInputs } from './validate.js';

/** A route, ready to run: compiled at start. */
export interface CompiledRoute {
  readonly where: string;
  readonly plan: Plan;
  readonly readInputs: ReturnType<typeof compileInputs>;
  readonly names: readonly string[];
  readonly from: readonly number[];
  readonly handler: (given: Made) => unknown;
  readonly responder: Responder;
}

/**
 * Inputs, the other needs, the handler, the answer. What is there at once stays in this turn of the event loop; the
 * promise hops of a request are those of its own recipes and handler. Never throws: it answers by the reply.
 */
export function run(route: CompiledRoute, scope: Scope): void {
  scope.handling = true;
  try {
    route.readInputs?.(scope.request, scope.values);
    const pending = resolveOthers(route.plan, scope);
    if (pending === undefined) act(route, scope);
    else {
      pending.then(
        () => act(route, scope),
        (error: unknown) => fail(route, scope, error),
      );
    }
  } catch (error) {
    fail(route, scope, error);
  }
}

function resolveOthers(plan: Plan, scope: Scope): Promise<void> | undefined {
  const late = scope.inOrder(plan.late);
  return late === undefined ? scope.atOnce(plan.rest) : late.then(() => scope.atOnce(plan.rest));
}

function act(route: CompiledRoute, scope: Scope): void {
  try {
    const result = route.handler(gather(route.names, route.from, scope.values));
    if (isThenable(result)) {
      result.then(
        (value) => finish(route, scope, value),
        (error: unknown) => fail(route, scope, error),
      );
    } else finish(route, scope, result);
  } catch (error) {
    fail(route, scope, error);
  }
}

/** Disposal comes before the answer, and what cannot be written is known before disposal commits anything. */
function finish(route: CompiledRoute, scope: Scope, result: unknown): void {
  try {
    const outgoing = route.responder.respond(result);
    if (!scope.holdsSomething) send(scope.reply, outgoing);
    else if (isStream(outgoing.raw?.payload)) sendThenDispose(scope, outgoing, outgoing.raw.payload);
    else {
      scope.dispose().then(
        () => trySend(route, scope, outgoing),
        (error: unknown) => refuse(route, scope, error),
      );
    }
  } catch (error) {
    fail(route, scope, error);
  }
}

function trySend(route: CompiledRoute, scope: Scope, outgoing: Outgoing): void {
  try {
    send(scope.reply, outgoing);
  } catch (error) {
    refuse(route, scope, error);
  }
}

function send(reply: FastifyReply, outgoing: Outgoing): void {
  const { status, contentType, headers, text, raw } = outgoing;
  reply.code(status);
  if (contentType !== undefined) reply.type(contentType);
  if (headers !== undefined) reply.headers(headers as Parameters<FastifyReply['headers']>[0]);
  if (raw === undefined) reply.send(text);
  else reply.send(raw.payload);
}

/** A stream reads from what its dependencies opened: they stay until it ended or the client is gone. */
function sendThenDispose(scope: Scope, outgoing: Outgoing, stream: StreamPayload): void {
  const dispose = () => {
    void disposeLogged(scope);
  };
  if ('pipe' in stream) finished(stream as Readable, dispose);
  scope.reply.raw.once('close', dispose);
  send(scope.reply, outgoing);
}

function fail(route: CompiledRoute, scope: Scope, error: unknown): void {
  disposeBefore((worst) => refuse(route, scope, worst), scope, error);
}

function refuse(route: CompiledRoute, scope: Scope, error: unknown): void {
  scope.reply.send(toError(error, route.where));
}

/** A handler may throw anything; the error door gets an Error. */
export function toError(thrown: unknown, where: string): Error {
  return thrown instanceof Error
    ? thrown
    : new Error(`${where} threw something that is no Error`, { cause: thrown });
}
