import type { FastifyRequest } from 'fastify';
import { ConfigurationError } from '../base/errors.js';
import { enter, enteredScope } from './entry.js';
import { Planner } from './plan.js';
import { type Beside, type Dependency, everyRecipe, type GuardHook } from './recipe.js';

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
  return judgedBy(`${guard.name}.hook`, [guard]);
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
      done(error);
    });
  };
}

function keep(request: FastifyRequest, judged: readonly (readonly [Dependency<unknown>, unknown])[]): void {
  passed.set(request, new Map([...(passed.get(request) ?? []), ...judged]));
}
