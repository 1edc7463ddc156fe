import type { FastifyInstance, RouteOptions } from 'fastify';
import type { $ZodIssue } from 'zod/v4/core';
import { ConfigurationError, InvalidInput, type Issue } from '../base/errors.js';
import { faultOf, type InputPart } from './validation-faults.js';

export type { InputPart } from './validation-faults.js';

const maxIssues = 50;
const maxKeysNamed = 20;
const maxNameLength = 64;
const loneSurrogate = /\p{Surrogate}/gu;

/** A name that the client made up, cut and well-formed, so that it may stand in `loc`. */
export const clientName = (name: string): string =>
  name.slice(0, maxNameLength).replace(loneSurrogate, '\uFFFD');

const step = (key: PropertyKey): string | number => (typeof key === 'number' ? key : clientName(String(key)));

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function toIssues(issue: $ZodIssue, part: InputPart, data: unknown): Issue[] {
  const loc = [part, ...issue.path.map(step)];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, maxKeysNamed).map((key) => ({
      loc: [...loc, clientName(key)],
      msg: 'Extra inputs are not permitted',
      type: 'extra_forbidden',
    }));
  }
  const { msg, type } = faultOf(issue, valueAt(data, issue.path), part);
  return [{ loc, msg, type }];
}

/** zod's issues in FastAPI's words and pydantic's type names. The input itself is only looked at, never told. */
export function issuesFromZod(issues: readonly $ZodIssue[], part: InputPart, data: unknown): Issue[] {
  return issues.flatMap((issue) => toIssues(issue, part, data)).slice(0, maxIssues);
}

const parts: Readonly<Record<string, InputPart>> = {
  body: 'body',
  querystring: 'query',
  query: 'query',
  params: 'path',
  headers: 'header',
};

type SafeParse = (
  data: unknown,
) =>
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly error: { readonly issues: readonly $ZodIssue[] } };

/** The validator compiler of the app: zod schemas in, values or `InvalidInput` (422) out. */
export function zodValidatorCompiler(route: {
  schema: unknown;
  httpPart?: string | undefined;
}): (data: unknown) => { value: unknown } | { error: Error } {
  const schema = route.schema as { readonly safeParse: SafeParse };
  const part = parts[route.httpPart ?? 'body'] ?? 'body';
  return (given) => {
    // Fastify hands on null where there was no body; FastAPI too takes a body of `null` for none.
    const data = given === null && part === 'body' ? undefined : given;
    const result = schema.safeParse(data);
    if (result.success) return { value: result.data };
    return { error: new InvalidInput(issuesFromZod(result.error.issues, part, data)) };
  };
}

const isZod = (schema: unknown): boolean =>
  typeof schema === 'object' && schema !== null && typeof Reflect.get(schema, 'safeParse') === 'function';

/** Fastify lets a part have one schema, or one for each media type. */
function schemasOf(part: unknown): unknown[] {
  const byType: unknown = typeof part === 'object' && part !== null && Reflect.get(part, 'content');
  if (typeof byType !== 'object' || byType === null) return [part];
  return Object.values(byType).map((entry: { readonly schema?: unknown } | undefined) => entry?.schema);
}

/**
 * An `onRoute` hook. The app's compiler reads zod alone: another schema on a raw Fastify route would be a 500 at each
 * request, so the start refuses it. Where the route or its plugin brings its own compiler, that one judges.
 * @throws ConfigurationError
 */
export function assertZodSchemas(this: FastifyInstance, route: RouteOptions): void {
  if ((route.validatorCompiler ?? this.validatorCompiler) !== zodValidatorCompiler) return;
  const given = Object.entries(route.schema ?? {}).filter(([name]) => Object.hasOwn(parts, name));
  const misfit = given.find(([, part]) =>
    schemasOf(part).some((schema) => schema !== undefined && !isZod(schema)),
  );
  if (misfit === undefined) return;
  throw new ConfigurationError(
    'ERR_ROUTE_SCHEMA',
    `${String(route.method)} ${route.url}: schema.${misfit[0]} is no zod schema. Write it with zod, ` +
      'or give the route a validatorCompiler of its own.',
  );
}
