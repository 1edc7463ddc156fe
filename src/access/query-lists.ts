import { z } from 'zod';

/** `optional()`, `default()` and the like around a schema. */
function inside(schema: unknown): unknown {
  let at = schema;
  while (at instanceof z.core.$ZodType && 'innerType' in at._zod.def) at = at._zod.def.innerType;
  return at;
}

/** The fields of a query schema that are lists. */
function listsIn(schema: z.ZodType): readonly string[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, unknown>).flatMap(([name, field]) =>
    inside(field) instanceof z.ZodArray ? [name] : [],
  );
}

/** `?tag=a` is a list of one where the schema wants a list, as `list[str]` of FastAPI has it. Compiled at start. */
export function listReader(schema: z.ZodType): ((query: unknown) => unknown) | undefined {
  const lists = listsIn(schema);
  if (lists.length === 0) return undefined;
  return (query) => {
    if (typeof query !== 'object' || query === null) return query;
    const given = query as Record<string, unknown>;
    const single = lists.filter((name) => typeof given[name] === 'string');
    if (single.length === 0) return query;
    return { ...given, ...Object.fromEntries(single.map((name) => [name, [given[name]]])) };
  };
}
