import { STATUS_CODES } from 'node:http';
import { isMedia } from './answer.js';
import { describeRefusals, refusalsOf } from './openapi-refusals.js';
import { Components, type JsonSchema, mergeObjects } from './openapi-schema.js';
import { securityOf } from './openapi-security.js';
import type { Plan, PlannedInput } from './plan.js';
import { isEmpty } from './respond.js';
import type { AnyOptions } from './route.js';
import { paramsOf } from './route-checks.js';

/** A route as the documentation needs it; kept beside its Fastify configuration. */
export interface DescribedRoute {
  readonly method: string;
  readonly path: string;
  readonly options: AnyOptions;
  readonly plan: Plan;
  readonly access: 'public' | readonly string[];
}

const described = new WeakMap<object, DescribedRoute>();

/** Keeps what the documentation will say of a route. Refuses nothing. */
export function describeRoute(config: object, route: DescribedRoute): void {
  described.set(config, route);
}

/** The part of @fastify/swagger's transform that is used. */
interface TransformInput {
  readonly schema: unknown;
  readonly url: string;
  readonly route: { readonly method: string | string[]; readonly config?: object };
}
interface Transformed {
  readonly schema: Record<string, unknown>;
  readonly url: string;
}
interface OpenApiDocument {
  readonly components?: { readonly schemas?: object };
}

/**
 * `transform` and `transformObject` for @fastify/swagger (OpenAPI 3.1), made for one document. Typed routes are
 * described from their needs and zod schemas; raw routes only where they bring a JSON schema; HEAD twins never.
 */
export function createOpenApi() {
  const components = new Components();
  return {
    transform: ({ schema, url, route }: TransformInput): Transformed => {
      const typed = described.get(route.config ?? {});
      if (route.method === 'HEAD') return { schema: { hide: true }, url };
      if (typed !== undefined) return { schema: describe(typed, components), url };
      return { schema: schema === undefined ? { hide: true } : (schema as Record<string, unknown>), url };
    },
    transformObject: <D extends OpenApiDocument>({ openapiObject }: { readonly openapiObject: D }): D => ({
      ...openapiObject,
      components: {
        ...openapiObject.components,
        schemas: { ...openapiObject.components?.schemas, ...components.all() },
      },
    }),
  };
}

function describe(route: DescribedRoute, components: Components): Record<string, unknown> {
  const { options, plan } = route;
  const security = securityOf(options.needs ?? {});
  const { summary, description, tags, deprecated } = options;
  const part = (name: PlannedInput['part']) => {
    const mine = plan.inputs.filter((input) => input.part === name);
    return mergeObjects(mine.map((input) => components.inline(input.schema, 'input')));
  };
  return {
    ...defined({ summary, description, tags, deprecated }),
    operationId: options.operationId ?? operationId(route.method, route.path),
    security,
    ...(options.limit && { 'x-ratelimit': { key: 'principal', ...options.limit } }),
    ...defined({ params: part('params'), querystring: part('query'), headers: part('headers') }),
    ...(options.body && { body: components.refer(options.body, 'input') }),
    ...(options.body && { consumes: options.consumes ?? ['application/json'] }),
    response: { ...refusals(route, components), ...responses(options, components) },
  };
}

function refusals(route: DescribedRoute, components: Components): Record<string, JsonSchema> {
  const grounds = {
    needs: refusalsOf(route.options.needs ?? {}),
    hasParams: paramsOf(route.path).length > 0,
    hasInput: route.plan.inputs.length > 0,
    hasBody: route.options.body !== undefined || route.plan.rawBodySlot !== -1,
    own: route.options.refusals ?? [],
  };
  return describeRefusals(grounds, components);
}

function responses(options: AnyOptions, components: Components): Record<string, JsonSchema> {
  const described: Record<string, JsonSchema> = {};
  for (const [status, declared] of Object.entries(options.response)) {
    const phrase = STATUS_CODES[Number(status)] ?? 'Answer';
    if (isMedia(declared)) {
      const content = { [declared.mediaType]: { schema: { type: 'string' } } };
      described[status] = { description: declared.description || phrase, content };
    } else if (isEmpty(declared)) described[status] = { type: 'null', description: phrase };
    else {
      const schema = components.refer(declared, 'output');
      described[status] = {
        description: declared.description ?? phrase,
        content: { 'application/json': { schema } },
      };
    }
  }
  return described;
}

function defined(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** GET /users/{id} → getUsersById */
function operationId(method: string, path: string): string {
  const words = path.split('/').filter((word) => word !== '');
  const named = words.map((word) => (word.startsWith(':') ? `By-${word.slice(1)}` : word));
  const joined = named.flatMap((word) => word.split(/[^A-Za-z0-9]+/)).filter((word) => word !== '');
  return method.toLowerCase() + joined.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
