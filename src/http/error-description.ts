interface Described {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: Described;
}

const maxCauses = 4;

/** A text is shown, cut; an object may hold a whole row. */
const shownOf = (thrown: unknown): string =>
  typeof thrown === 'string' ? `: ${JSON.stringify(thrown.slice(0, 200))}` : '';

/**
 * What the log may know of a fault. Only name, message, code, stack and causes: a database driver hangs whole rows
 * (`detail`, `parameters`) on its errors.
 */
export function describeError(error: unknown, depth = 0): Described {
  if (!(error instanceof Error))
    return { type: typeof error, message: `something was thrown that is no Error${shownOf(error)}` };
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth === maxCauses
      ? {}
      : { cause: describeError(error.cause, depth + 1) }),
  };
}
