import { z } from 'zod';

/** A JSON schema of the dialect 2020-12 (OpenAPI 3.1 §4.8.24), as an object that nobody changes. */
export type JsonSchema = Readonly<Record<string, unknown>>;
type Io = 'input' | 'output';

/** The named schemas of one document. A zod schema gets a name by `.meta({ id: 'User' })`. */
export class Components {
  readonly #schemas = new Map<string, JsonSchema>();

  all(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The schema in place; what it names inside is referred to. */
  inline(schema: z.ZodType, io: Io): JsonSchema {
    const { id: _id, ...rest } = this.#render(schema, io);
    return rest;
  }

  /** A reference where the schema has a name. */
  refer(schema: z.ZodType, io: Io): JsonSchema {
    const { id, ...rest } = this.#render(schema, io);
    return typeof id === 'string' ? { $ref: this.#add(id, rest, io) } : rest;
  }

  add(name: string, schema: JsonSchema): string {
    this.#schemas.set(name, schema);
    return `#/components/schemas/${name}`;
  }

  #render(schema: z.ZodType, io: Io): Record<string, unknown> {
    const made = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any', override });
    const { $schema: _dialect, $defs, ...root } = made as Record<string, unknown>;
    const named = Object.entries(($defs ?? {}) as Record<string, JsonSchema>);
    const places = new Map<string, string>();
    for (const [name, { id: _id, ...body }] of named)
      places.set(`#/$defs/${name}`, this.#add(name, body, io));
    // Named schemas may refer to each other: their references are set right once all have their place.
    for (const [name, { id: _id, ...body }] of named) {
      const place = places.get(`#/$defs/${name}`) ?? '';
      this.#schemas.set(place.slice('#/components/schemas/'.length), redirect(body, places) as JsonSchema);
    }
    return redirect(root, places) as Record<string, unknown>;
  }

  /** What goes in may differ from what comes out (defaults, closed objects): then it has two names. */
  #add(name: string, schema: JsonSchema, io: Io): string {
    const known = this.#schemas.get(name);
    const same = known === undefined || JSON.stringify(known) === JSON.stringify(schema);
    return this.add(same ? name : `${name}${io === 'input' ? 'Input' : 'Output'}`, schema);
  }
}

/** A date leaves as text, by JSON.stringify. */
function override(context: { readonly zodSchema: z.core.$ZodType; readonly jsonSchema: object }): void {
  if (context.zodSchema._zod.def.type !== 'date') return;
  Object.assign(context.jsonSchema, { type: 'string', format: 'date-time' });
}

function redirect(value: unknown, places: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((one) => redirect(one, places));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, below]): [string, unknown] => {
    const place = key === '$ref' && typeof below === 'string' ? places.get(below) : undefined;
    return [key, place ?? redirect(below, places)];
  });
  return Object.fromEntries(entries);
}

/** Several inputs of one part (the route's own and its dependencies') as one object of parameters. */
export function mergeObjects(schemas: readonly JsonSchema[]): JsonSchema | undefined {
  if (schemas.length === 0) return undefined;
  const properties: Record<string, unknown> = {};
  const required = new Set<string>();
  for (const schema of schemas) {
    Object.assign(properties, schema['properties']);
    for (const name of (schema['required'] ?? []) as readonly string[]) required.add(name);
  }
  return { type: 'object', properties, ...(required.size > 0 && { required: [...required] }) };
}
