import { inspect } from 'node:util';

const hidden = '[secret]';

/** A value that never prints: not in a log, not in JSON, not in an error. `reveal()` is easy to search for. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}
