import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { InvalidInput, type Issue } from '../base/errors.js';
import { type InputPart, issuesFromZod } from '../http/validation.js';
import { fieldsOf } from './inputs.js';
import type { PlannedInput } from './plan.js';
import { listReader } from './query-lists.js';

type Part = PlannedInput['part'];
interface Reader {
  readonly schema: z.ZodType;
  readonly slot: number;
  /** Fields that only the others of this part list: an own strict schema must not refuse them. */
  readonly foreign: readonly string[];
  readonly toLists: ((query: unknown) => unknown) | undefined;
}
type ReadPart = (
  request: FastifyRequest,
  values: unknown[],
  issues: Issue[] | undefined,
) => Issue[] | undefined;

/** The order in which FastAPI lists what is wrong. */
const parts: readonly Part[] = ['params', 'query', 'headers', 'body'];
const places: Readonly<Record<Part, InputPart>> = {
  params: 'path',
  query: 'query',
  headers: 'header',
  body: 'body',
};
const sources: Readonly<Record<Part, (request: FastifyRequest) => unknown>> = {
  params: (request) => request.params,
  query: (request) => request.query,
  headers: (request) => request.headers,
  // FastAPI too takes a body of `null` for none.
  body: (request) => request.body ?? undefined,
};

/**
 * Reads a route's inputs into their slots. All that is wrong in params, query, headers and body is told in one list.
 * @throws InvalidInput
 */
export function compileInputs(
  inputs: readonly PlannedInput[],
): ((request: FastifyRequest, values: unknown[]) => void) | undefined {
  const readers = parts.flatMap((part) => {
    const mine = inputs.filter((input) => input.part === part);
    return mine.length === 0 ? [] : [readPart(part, mine)];
  });
  if (readers.length === 0) return undefined;
  return (request, values) => {
    let issues: Issue[] | undefined;
    for (const read of readers) issues = read(request, values, issues);
    if (issues !== undefined) throw new InvalidInput(issues);
  };
}

function readPart(part: Part, inputs: readonly PlannedInput[]): ReadPart {
  const source = sources[part];
  const place = places[part];
  const readers = inputs.map(
    (input): Reader => ({
      ...input,
      foreign: foreignFields(input, inputs),
      toLists: part === 'query' ? listReader(input.schema) : undefined,
    }),
  );
  return (request, values, before) => {
    let issues = before;
    const given = source(request);
    for (const { schema, slot, foreign, toLists } of readers) {
      const part = foreign.length === 0 ? given : without(given, foreign);
      const own = toLists === undefined ? part : toLists(part);
      const result = parseSync(schema, own);
      if (result.success) values[slot] = result.data;
      else issues = addNew(issues ?? [], issuesFromZod(result.error.issues, place, own));
    }
    return issues;
  };
}

function foreignFields(input: PlannedInput, inputs: readonly PlannedInput[]): readonly string[] {
  const own = fieldsOf(input.schema);
  if (own === undefined || !isStrict(input.schema)) return [];
  const others = inputs.filter((other) => other !== input).flatMap((other) => fieldsOf(other.schema) ?? []);
  return [...new Set(others)].filter((name) => !own.includes(name));
}

function isStrict(schema: z.ZodType): boolean {
  return schema instanceof z.ZodObject && schema.def.catchall?._zod.def.type === 'never';
}

function without(given: unknown, foreign: readonly string[]): unknown {
  if (typeof given !== 'object' || given === null) return given;
  return Object.fromEntries(Object.entries(given).filter(([name]) => !foreign.includes(name)));
}

/** Two inputs may list the same field: its fault is told once. */
function addNew(issues: Issue[], found: readonly Issue[]): Issue[] {
  const key = (issue: Issue) => JSON.stringify([issue.loc, issue.type, issue.msg]);
  const known = new Set(issues.map(key));
  issues.push(...found.filter((issue) => !known.has(key(issue))));
  return issues;
}

/** A schema with asynchronous checks cannot be followed here: they belong into a dependency. */
export function parseSync<S extends z.ZodType>(schema: S, value: unknown): z.ZodSafeParseResult<z.output<S>> {
  try {
    return schema.safeParse(value);
  } catch (error) {
    if (!(error instanceof z.core.$ZodAsyncError)) throw error;
    throw new TypeError('A schema has an asynchronous check or transform: do that in a dependency', {
      cause: error,
    });
  }
}
