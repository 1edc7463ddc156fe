import { z } from 'zod';
import { ConfigurationError } from '../base/errors.js';
import { type Dependency, type InputPart, registerDependency } from './recipe.js';

function input<S extends z.ZodType>(part: InputPart, schema: S): Dependency<z.output<S>, false> {
  if (!isSchema(schema)) throw new ConfigurationError('ERR_ROUTE_INPUT', `${part}() wants a zod schema.`);
  const nothing = () => undefined;
  return registerDependency(part, false, {
    kind: 'input',
    needs: [],
    make: nothing,
    input: { part, schema },
    security: [],
    refusals: [],
    beforeBody: false,
  });
}

/** Parts of the path as an input of a dependency, merged into the schema of each route that needs it. */
export const params = <S extends z.ZodType>(schema: S): Dependency<z.output<S>, false> =>
  input('params', schema);
/** Query parameters as an input of a dependency. A parameter given twice arrives as a list. */
export const query = <S extends z.ZodType>(schema: S): Dependency<z.output<S>, false> =>
  input('query', schema);
/** Header fields as an input of a dependency; the schema names them in lower case. */
export const headers = <S extends z.ZodType>(schema: S): Dependency<z.output<S>, false> =>
  input('headers', schema);

/**
 * The bytes of the body, as they came. A guard that needs it (a webhook's signature) runs when the body was read under
 * the route's limit and before it is parsed.
 */
export const rawBody: Dependency<Buffer, false> = registerDependency('rawBody', false, {
  kind: 'rawBody',
  needs: [],
  make: () => undefined,
  security: [],
  refusals: [],
  beforeBody: false,
});

/** Whether it is a zod schema (v4, full or mini). A JSON schema is none. */
export function isSchema(value: unknown): value is z.ZodType {
  return value instanceof z.core.$ZodType;
}

/** The names an object schema lists, or undefined where they cannot be told (a union, a transformed object). */
export function fieldsOf(schema: z.ZodType): readonly string[] | undefined {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (schema instanceof z.ZodPipe) return isSchema(schema.in) ? fieldsOf(schema.in) : undefined;
  return undefined;
}
