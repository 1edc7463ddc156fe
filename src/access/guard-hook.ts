import type { FastifyRequest } from 'fastify';
import { ConfigurationError } from '../base/errors.js';
import { announceRefusal } from '../http/error-reply.js';
import { enter, enteredScope } from './entry.js';
import { Planner } from './plan.js';
import { type Beside, type Dependency, everyRecipe, type GuardHook } from './recipe.js';

/** The guards' hooks that were made. */
const hooked = new WeakMap<object, Dependency<unknown>>();

/** What the hooks of a request let pass, by guard. */
const passed = new WeakMap<FastifyRequest, Map<Dependency<unknown>, unknown>>();

/** The hook of a guard, made when it is first asked for: most guards only ever stand among needs. */
export function besideGuard(guard: Dependency<unknown>): Beside {
  let made: GuardHook | undefined;
  return {
    get hook() {
      made ??= hookOf(guard);
      return made;
    },
    of: (request) => {
      const values = passed.get(request);
      if (!values?.has(guard))
        throw new Error(
          `${guard.name}.of(request): it did not judge this request. Add onRequest: ${guard.name}.hook to the route's options, or config: { needs: { … } } in an application of createSecureApp().`,
        );
      return values.get(guard);
    },
  };
}

function hookOf(guard: Dependency<unknown>): GuardHook {
  const reads = [...everyRecipe([guard])].some(
    ([, { input, kind }]) => input !== undefined || kind === 'rawBody',
  );
  if (reads)
    throw new ConfigurationError(
      'ERR_GUARD_HOOK',
      `${guard.name}.hook: it reads params, query, headers or the body, which are not there yet in onRequest. Use it among the needs of a typed route.`,
    );
  const judged = judgedBy(`${guard.name}.hook`, [guard]);
  const hook: GuardHook = (request, reply, done) => judged(request, reply, done);
  hooked.set(hook, guard);
  return hook;
}

/** A hook that lets these guards judge, in the order written, and keeps for `of` what they let pass. */
export function judgedBy(where: string, guards: readonly Dependency<unknown>[]): GuardHook {
  const planner = new Planner();
  const plan = planner.plan(guards);
  const judge = enter(where, () => plan);
  return (request, reply, done) => {
    judge(request, reply, (error) => {
      if (error === undefined)
        keep(
          request,
          guards.map((guard) => [guard, enteredScope(request).values[planner.slotOf(guard)]]),
        );
      // Another error handler may write the answer, and a 401 must have its challenge all the same.
      else announceRefusal(error, reply);
      done(error);
    });
  };
}

/** The guard whose hook it is. */
export const guardOf = (hook: unknown): Dependency<unknown> | undefined =>
  typeof hook === 'function' ? hooked.get(hook) : undefined;

/** Whether a guard's hook let the request pass. */
export const passedByHook = (request: FastifyRequest): boolean => passed.has(request);

function keep(request: FastifyRequest, judged: readonly (readonly [Dependency<unknown>, unknown])[]): void {
  passed.set(request, new Map([...(passed.get(request) ?? []), ...judged]));
}
