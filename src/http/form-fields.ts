import { InvalidInput } from '../base/errors.js';
import { clientName } from './validation.js';

export type FormFields = Record<string, string>;

export const maxFields = 64;
const maxNameLength = 100;

export const invalidForm = (msg: string, name?: string): InvalidInput =>
  new InvalidInput([
    { loc: name === undefined ? ['body'] : ['body', clientName(name)], msg, type: 'value_error' },
  ]);

/** Fields as they come in, each at most once (RFC 6749 §3.2: repeated parameters are refused; ASVS 15.3.7). */
export class FieldCollector {
  readonly #fields = new Map<string, string>();

  add(name: string, value: string): void {
    if (name === '' || name.length > maxNameLength || name === '__proto__') {
      throw invalidForm('A field name is not allowed');
    }
    if (this.#fields.has(name)) throw invalidForm('Field was sent more than once', name);
    if (this.#fields.size === maxFields) throw invalidForm('Too many fields');
    this.#fields.set(name, value);
  }

  /** A plain object; `__proto__` cannot be among its keys. */
  fields(): FormFields {
    return Object.fromEntries(this.#fields);
  }
}
