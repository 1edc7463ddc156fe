import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { createOpenApi } from '../access/openapi.js';
import { securitySchemes } from '../access/openapi-security.js';
import type { Settings } from '../settings/settings.js';

const tags = [
  { name: 'account', description: 'The own account' },
  { name: 'tokens', description: 'Sign in, refresh, sign out' },
  { name: 'users', description: "Everybody's accounts: moderators look, admins change" },
  { name: 'api-keys', description: 'Keys for programs, made and ended by their owner' },
  { name: 'events', description: 'Who did what, when, from where' },
  { name: 'discovery', description: 'What verifiers and clients read' },
  { name: 'health', description: 'For whoever watches the process' },
];

/** The tag of the docs page's own routes. They are no part of the API, and the document is the same without DEBUG. */
export const docsTag = 'docs';

const isDocsRoute = ({ tags: own }: Readonly<Record<string, unknown>>): boolean =>
  Array.isArray(own) && own.includes(docsTag);

/** Collects every route that is added from here on; returns the OpenAPI 3.1 document of them, once all are there. */
export async function collectOpenApi(
  fastify: FastifyInstance,
  settings: Pick<Settings, 'appName' | 'description' | 'version' | 'publicUrl'>,
): Promise<() => object> {
  const { transform, transformObject } = createOpenApi();
  const described: typeof transform = (input) => {
    const { schema, url } = transform(input);
    return { schema: isDocsRoute(schema) ? { hide: true } : schema, url };
  };
  await fastify.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: settings.appName,
        description: settings.description,
        version: settings.version,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: settings.publicUrl }],
      tags,
      components: { securitySchemes },
    },
    hideUntagged: false,
    transform: described,
    transformObject,
  } as Parameters<typeof swagger>[1]);
  return () => fastify.swagger();
}
