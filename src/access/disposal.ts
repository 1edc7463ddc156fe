import type { Scope } from './scope.js';

/** Where no answer waits for it, a failure can only be logged. */
export function disposeLogged(scope: Scope): Promise<void> {
  return scope.dispose().catch((error: unknown) => {
    scope.request.log.error({ err: error }, 'a dependency could not be disposed');
  });
}

/** A refusal waits for disposal, too. What fails there is the worse news: it is told, and the refusal logged. */
export function disposeBefore<E>(refuse: (error: NoInfer<E> | Error) => void, scope: Scope, error: E): void {
  if (!scope.holdsSomething) {
    refuse(error);
    return;
  }
  scope.dispose().then(
    () => refuse(error),
    (failure: Error) => {
      scope.request.log.error({ err: error }, 'refused, and then a dependency could not be disposed');
      refuse(failure);
    },
  );
}
