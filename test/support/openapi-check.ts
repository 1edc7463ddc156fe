import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;

/** The parts of the document that the tests read. */
export interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, ResponseObject>>;
}
interface ResponseObject {
  readonly description: string;
  readonly headers?: Json;
  readonly content?: Readonly<Record<string, { readonly schema: Json }>>;
}
export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Json; readonly securitySchemes: Json };
}

export interface NamedOperation extends Operation {
  readonly method: string;
  readonly path: string;
}

export const operationsOf = (document: OpenApiDocument): NamedOperation[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );

const prefix = '#/components/schemas/';

/** References into the components as references into the schema's own definitions. */
function local(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(local);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, below]) => [
      key,
      key === '$ref' && typeof below === 'string' ? below.replace(prefix, '#/$defs/') : local(below),
    ]),
  );
}

/** What is wrong with a body by the document's schema, as one line; undefined where it fits. */
export function misfit(document: OpenApiDocument, schema: Json, body: unknown): string | undefined {
  const whole = { ...(local(schema) as Json), $defs: local(document.components.schemas) };
  const result = z.fromJSONSchema(whole as Parameters<typeof z.fromJSONSchema>[0]).safeParse(body);
  return result.success ? undefined : z.prettifyError(result.error);
}
