import type { FastifyRequest } from 'fastify';
import { ConfigurationError } from '../base/errors.js';
import { announceRefusal } from '../http/error-reply.js';
import { enter, enteredScope } from './entry.js';
import { Planner } from './plan.js';
import { type Beside, type Dependency, everyRecipe, type GuardHook } from './recipe.js';

/** The guards' hooks that were made. */
const guards = new WeakMap<object, Dependency<unknown>>();

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
          `${guard.name}.of(request): its hook did not run on this route. Add onRequest: ${guard.name}.hook to the route's options.`,
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
  const planner = new Planner();
  const plan = planner.plan([guard]);
  const slot = planner.slotOf(guard);
  const judge = enter(`${guard.name}.hook`, () => plan);
  const hook: GuardHook = (request, reply, done) => {
    judge(request, reply, (error) => {
      if (error === undefined) keep(request, guard, enteredScope(request).values[slot]);
      // Without our error door another handler writes the answer, and a 401 must have its challenge all the same.
      else announceRefusal(error, reply);
      done(error);
    });
  };
  guards.set(hook, guard);
  return hook;
}

/** The guard whose hook it is. */
export const guardOf = (hook: unknown): Dependency<unknown> | undefined =>
  typeof hook === 'function' ? guards.get(hook) : undefined;

/** Whether a guard's hook let the request pass. */
export const passedByHook = (request: FastifyRequest): boolean => passed.has(request);

function keep(request: FastifyRequest, guard: Dependency<unknown>, value: unknown): void {
  const values = passed.get(request) ?? new Map<Dependency<unknown>, unknown>();
  values.set(guard, value);
  passed.set(request, values);
}
