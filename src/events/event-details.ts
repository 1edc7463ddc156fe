import { ConfigurationError } from '../base/errors.js';
import { type DetailKind, type EventDefinition, type EventName, eventTable } from './event-table.js';

const forms = {
  key: /^[0-9A-Za-z]{16}$/,
  role: /^[a-z][a-z0-9_-]{0,31}$/,
  id: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  // A pattern of Fastify, its regular expressions included: /:id(\\d+). It comes from the code, never from a client; no
  // blank, quote or angle bracket all the same, so that nobody's sentence passes.
  route: /^[A-Z]{3,7} \/[\w/:.{}*~@!$%&()\\+?|^,;=[\]-]{0,200}$/,
} as const;

function fits(kind: DetailKind, value: unknown): boolean {
  if (typeof kind !== 'string') return typeof value === 'string' && kind.includes(value);
  if (kind === 'boolean') return typeof value === 'boolean';
  if (kind === 'count') return Number.isSafeInteger(value) && Number(value) >= 0;
  return typeof value === 'string' && forms[kind].test(value);
}

/**
 * The details as JSON text, keys in the table's order, or null where there are none. Throws for a key or a value that
 * the table does not list: types hold that for TypeScript, this for the rest. The value is not repeated.
 */
export function writeDetails(
  name: EventName,
  details: Readonly<Record<string, unknown>> = {},
): string | null {
  const definition: EventDefinition = eventTable[name];
  const unknown = Object.keys(details).find((key) => !Object.hasOwn(definition.details, key));
  if (unknown !== undefined) throw refused(name, unknown);
  const entries = Object.entries(definition.details).flatMap(([key, kind]) => {
    const value = details[key];
    if (value === undefined) return [];
    if (!fits(kind, value)) throw refused(name, key);
    return [[key, value] as const];
  });
  return entries.length === 0 ? null : JSON.stringify(Object.fromEntries(entries));
}

const refused = (name: EventName, key: string): ConfigurationError =>
  new ConfigurationError(
    'ERR_EVENT_DETAIL',
    `the event ${name} takes no such detail "${key.slice(0, 40)}". Leave it out, or list it in event-table.ts.`,
  );
