import type { FastifyBaseLogger } from 'fastify';
import type { ChildLoggerOptions, Logger } from 'pino';
import { describeError } from './error-description.js';

type LogArguments = [first: unknown, message?: string, ...values: unknown[]];

/** Fastify, and handlers by habit, log whole requests and errors; neither may take a secret along. */
const serializers = {
  req: () => undefined,
  res: () => undefined,
  err: (error: unknown) => describeError(error),
};

/**
 * `request.log`: a child that carries the request id, made when somebody first logs. Most requests never do, and a
 * child each would cost more than the rest of the front door.
 */
export class RequestLogger implements FastifyBaseLogger {
  readonly #root: Logger;
  readonly #requestId: string;
  #child: Logger | undefined;

  constructor(root: Logger, requestId: string) {
    this.#root = root;
    this.#requestId = requestId;
  }

  get #log(): Logger {
    this.#child ??= this.#root.child({ request_id: this.#requestId }, { serializers });
    return this.#child;
  }

  get level(): string {
    return this.#root.level;
  }

  set level(level: string) {
    this.#log.level = level;
  }

  fatal(...args: LogArguments): void {
    this.#log.fatal(...args);
  }

  error(...args: LogArguments): void {
    this.#log.error(...args);
  }

  warn(...args: LogArguments): void {
    this.#log.warn(...args);
  }

  info(...args: LogArguments): void {
    this.#log.info(...args);
  }

  debug(...args: LogArguments): void {
    this.#log.debug(...args);
  }

  trace(...args: LogArguments): void {
    this.#log.trace(...args);
  }

  silent(): void {}

  child(bindings: Record<string, unknown>, options?: ChildLoggerOptions): FastifyBaseLogger {
    return this.#log.child(bindings, options);
  }
}
