import type { AccessTable } from '../accounts/access-table.js';
import { ConfigurationError } from '../base/errors.js';
import { isMedia } from './answer.js';
import { fieldsOf, isSchema } from './inputs.js';
import { entriesOf, everyRecipe, type Needs, standing } from './recipe.js';
import type { AnyOptions, RouteMethod } from './route.js';

/** Each compile-time refusal has its twin here, for plain JavaScript: a route that is not right does not boot. */
const known = new Set([
  ...['needs', 'access', 'params', 'query', 'headers', 'body', 'response', 'consumes', 'bodyLimit', 'limit'],
  ...['summary', 'description', 'tags', 'operationId', 'deprecated', 'refusals'],
]);
const inputNames = ['params', 'query', 'headers', 'body'] as const;
const cure =
  "Add one (currentUser, requireRole(…), requirePermission(…)) to its needs or say access: 'public'";

/**
 * Path, options and handler are of the right kind, and no option is unknown (a typo of `needs` would open a route).
 * @throws ConfigurationError
 */
export function assertRoute(where: string, path: unknown, options: unknown, handler: unknown): AnyOptions {
  if (typeof path !== 'string' || !path.startsWith('/'))
    fail('ERR_ROUTE_PATH', where, "the path begins with '/'.");
  if (/[{}]/.test(path))
    fail('ERR_ROUTE_PATH', where, 'a parameter of the path is written with a colon: /items/:id.');
  if (typeof options !== 'object' || options === null)
    fail('ERR_ROUTE_OPTIONS', where, 'the options are missing.');
  if (typeof handler !== 'function') fail('ERR_ROUTE_OPTIONS', where, 'the handler is no function.');
  const stranger = Object.keys(options).find((name) => !known.has(name));
  if (stranger !== undefined) {
    fail('ERR_ROUTE_OPTIONS', where, `there is no option "${stranger}"; known are ${[...known].join(', ')}.`);
  }
  // Read once: a getter must not say one thing to the checks and another to the route.
  const { needs, ...rest } = options as AnyOptions;
  return needs === undefined ? rest : { ...rest, needs: { ...needs } };
}

/** @returns the guards, each with what it stands on, or 'public'. */
export function assertAccess(where: string, access: unknown, needs: Needs): 'public' | readonly string[] {
  const guards = entriesOf(where, needs)
    .map(([, need]) => need)
    .filter((need) => need.guards);
  if (access !== undefined && access !== 'public') {
    fail('ERR_ACCESS_UNDECLARED', where, `access may only be 'public', not ${JSON.stringify(access)}.`);
  }
  if (guards.length === 0 && access === undefined)
    fail('ERR_ACCESS_UNDECLARED', where, `it has no guard. ${cure}.`);
  if (guards.length > 0 && access === 'public') {
    const names = guards.map((one) => one.name).join(', ');
    fail(
      'ERR_ACCESS_CONTRADICTED',
      where,
      `it has the guard ${names} and says access: 'public'. Keep one of the two.`,
    );
  }
  return access === 'public' ? 'public' : guards.map(standing);
}

/**
 * Every role and permission that the needs ask for, however deep, is one of this application.
 * @throws ConfigurationError
 */
export function assertAsked(where: string, needs: Needs, access: AccessTable): void {
  for (const [one, { asks }] of everyRecipe(Object.values(needs))) {
    const { role, permission } = asks ?? {};
    const isKnown =
      (role === undefined || access.roles.includes(role)) &&
      (permission === undefined || access.permissions.includes(permission));
    if (!isKnown)
      fail(
        'ERR_ACCESS_UNKNOWN',
        where,
        `${one.name} asks for what this application does not have. Give createSecureApp, or the plugin accounts, as access the defineAccess({ … }) that it came from.`,
      );
  }
}

/**
 * Schemas are zod schemas, header names are in lower case, params are those of the path, a GET has no body, and no need
 * takes the name of an input.
 * @throws ConfigurationError
 */
export function assertInputs(where: string, method: RouteMethod, path: string, options: AnyOptions): void {
  const needs = options.needs ?? {};
  for (const name of inputNames) {
    if (Object.hasOwn(needs, name)) {
      fail('ERR_ROUTE_INPUT', where, `a need cannot be called "${name}": that is the name of an input.`);
    }
  }
  for (const name of inputNames) {
    const schema: unknown = options[name];
    if (schema !== undefined && !isSchema(schema))
      fail('ERR_ROUTE_INPUT', where, `${name} is no zod schema.`);
  }
  const wholeBody = [...everyRecipe(Object.values(needs))].some(([, { kind }]) => kind === 'rawBody');
  if (method === 'GET' && (options.body !== undefined || wholeBody)) {
    fail('ERR_ROUTE_INPUT', where, 'a GET has no body. Use query, or another method.');
  }
  const upper = fieldsIn('headers', options).find((name) => name !== name.toLowerCase());
  if (upper !== undefined) fail('ERR_ROUTE_INPUT', where, `write the header "${upper}" in lower case.`);
  assertParams(where, path, options);
}

/** A parameter that the path lacks would be a 422 for ever; one that no schema lists would reach nobody. */
function assertParams(where: string, path: string, options: AnyOptions): void {
  const inPath = paramsOf(path);
  const schemas = inputSchemas('params', options);
  const listed = fieldsIn('params', options);
  const lacking = listed.find((name) => !inPath.includes(name));
  if (lacking !== undefined)
    fail('ERR_ROUTE_INPUT', where, `params lists "${lacking}", which the path lacks.`);
  if (schemas.some((schema) => fieldsOf(schema) === undefined)) return;
  const unread = inPath.find((name) => name !== '*' && !listed.includes(name));
  if (unread !== undefined)
    fail('ERR_ROUTE_INPUT', where, `the path has ":${unread}", which no params schema lists.`);
}

/**
 * At least one status is declared, each a status and a zod schema or `media(…)`: without it nothing would be stripped.
 * @throws ConfigurationError
 */
export function assertResponse(where: string, response: unknown): void {
  if (isSchema(response) || isMedia(response))
    fail('ERR_ROUTE_RESPONSE', where, 'response lists schemas by status. Write { 200: … } around this one.');
  const entries = typeof response === 'object' && response !== null ? Object.entries(response) : [];
  if (entries.length === 0)
    fail('ERR_ROUTE_RESPONSE', where, 'response lists no status. Say what may leave.');
  for (const [status, declared] of entries) {
    if (!/^[1-5]\d\d$/.test(status))
      fail('ERR_ROUTE_RESPONSE', where, `response has "${status}", which is no status.`);
    if (!isSchema(declared) && !isMedia(declared)) {
      fail('ERR_ROUTE_RESPONSE', where, `response ${status} is neither a zod schema nor media(type).`);
    }
  }
}

/** `/a/:id/b/:name(\\d+)?/*` → id, name, *. */
export function paramsOf(path: string): string[] {
  const plain = path.replaceAll('::', '').replaceAll(/\([^/]*?\)/g, '()');
  const names = [...plain.matchAll(/:(\w+)/g)].map((found) => found[1] ?? '');
  return plain.endsWith('*') ? [...names, '*'] : names;
}

function inputSchemas(part: 'params' | 'headers', options: AnyOptions) {
  const found = new Set(options[part] === undefined ? [] : [options[part]]);
  for (const [, { input }] of everyRecipe(Object.values(options.needs ?? {}))) {
    if (input?.part === part) found.add(input.schema);
  }
  return [...found];
}

function fieldsIn(part: 'params' | 'headers', options: AnyOptions): string[] {
  return inputSchemas(part, options).flatMap((schema) => fieldsOf(schema) ?? []);
}

/**
 * Refuses the start.
 * @throws ConfigurationError that begins with the route or plugin it is about.
 */
export function fail(code: string, where: string, problem: string): never {
  throw new ConfigurationError(code, `${where}: ${problem}`);
}
