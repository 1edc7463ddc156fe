import swagger from '@fastify/swagger';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { media } from '../../src/access/answer.js';
import { dependency, guard } from '../../src/access/dependency.js';
import { query } from '../../src/access/inputs.js';
import { createOpenApi } from '../../src/access/openapi.js';
import { securityOf, securitySchemes } from '../../src/access/openapi-security.js';
import { currentUser, optionalUser, requireRole, testApp } from './app.js';

const user = [{ HTTPBearer: [] }, { OAuth2PasswordBearer: [] }, { APIKeyHeader: [] }];
const User = z.object({ email: z.email(), at: z.date(), bio: z.string().nullable() }).meta({ id: 'User' });

// biome-ignore lint/suspicious/noExplicitAny: a document is looked into at many depths
type Document = any;

async function documented(): Promise<Document> {
  const fastify = Fastify();
  const openApi = createOpenApi();
  await fastify.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 't', version: '1' }, components: { securitySchemes } },
    transform: openApi.transform as never,
    transformObject: openApi.transformObject as never,
  });
  const { routes } = testApp({ fastify });
  const page = dependency(
    'page',
    { q: query(z.object({ limit: z.coerce.number().int().max(100).default(20) })) },
    ({ q }) => q.limit,
  );
  routes.get(
    '/users',
    {
      needs: { admin: requireRole('admin'), page },
      query: z.object({ search: z.string().min(2).optional() }),
      response: { 200: z.object({ items: z.array(User) }) },
      summary: 'Search',
      tags: ['users'],
    },
    () => ({ items: [] }),
  );
  routes.patch(
    '/users/:id',
    {
      needs: { admin: requireRole('admin') },
      params: z.object({ id: z.uuid() }),
      body: z.strictObject({ bio: z.string().max(500).default('') }),
      response: { 200: User },
      refusals: ['last_admin'],
    },
    () => ({ email: 'a@b.co', at: new Date(0), bio: null }),
  );
  routes.delete('/users/me', { needs: { user: currentUser }, response: { 204: z.void() } }, () => undefined);
  routes.get('/open', { access: 'public', response: { 200: User } }, () => ({
    email: 'a@b.co',
    at: new Date(0),
    bio: null,
  }));
  routes.get(
    '/maybe',
    { access: 'public', needs: { user: optionalUser }, response: { 200: media('text/csv', 'Rows') } },
    () => undefined as never,
  );
  fastify.get('/hidden', { config: { access: 'public' } }, async () => 'x');
  await fastify.ready();
  return fastify.swagger();
}

describe('the documentation', () => {
  it('has each typed route once, no HEAD twin and no raw route', async () => {
    const { paths } = await documented();
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item as object).map((method) => `${method} ${path}`),
    );
    expect(operations).toEqual([
      'get /users',
      'patch /users/{id}',
      'delete /users/me',
      'get /open',
      'get /maybe',
    ]);
  });

  it('derives security from the needs', async () => {
    const { paths } = await documented();
    expect(paths['/users'].get.security).toEqual(user);
    expect(paths['/open'].get.security).toEqual([]);
    expect(paths['/maybe'].get.security).toEqual([{}, ...user]);
  });

  it('shows closed bodies, defaults, formats and what dependencies read', async () => {
    const { paths } = await documented();
    const { schema } = paths['/users/{id}'].patch.requestBody.content['application/json'];
    expect(schema).toEqual({
      type: 'object',
      properties: { bio: { default: '', type: 'string', maxLength: 500 } },
      additionalProperties: false,
    });
    expect(paths['/users/{id}'].patch.parameters[0]).toMatchObject({
      in: 'path',
      name: 'id',
      required: true,
      schema: { type: 'string', format: 'uuid' },
    });
    expect(paths['/users'].get.parameters).toMatchObject([
      { in: 'query', name: 'search', required: false, schema: { minLength: 2 } },
      { in: 'query', name: 'limit', required: false, schema: { type: 'integer', default: 20, maximum: 100 } },
    ]);
    expect(paths['/users/{id}'].patch.operationId).toBe('patchUsersById');
  });

  it('refers to named schemas and lists them once', async () => {
    const { paths, components } = await documented();
    const user = { $ref: '#/components/schemas/User' };
    expect(paths['/open'].get.responses[200].content['application/json'].schema).toEqual(user);
    expect(
      paths['/users'].get.responses[200].content['application/json'].schema.properties.items.items,
    ).toEqual(user);
    expect(Object.keys(components.schemas)).toEqual(['Error', 'User', 'ValidationError']);
    expect(components.schemas.User.properties.at).toEqual({ type: 'string', format: 'date-time' });
    expect(JSON.stringify([paths, components])).not.toContain('$defs');
  });

  it('tells the refusals that follow from needs and inputs, and own ones', async () => {
    const { paths } = await documented();
    expect(Object.keys(paths['/users/{id}'].patch.responses)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '409',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
    ]);
    expect(Object.keys(paths['/open'].get.responses)).toEqual(['200', '400', '403', '429', '500', '503']);
    const { 401: unauthorized, 422: invalid } = paths['/users/{id}'].patch.responses;
    expect(unauthorized.description).toBe('Not authenticated · Could not validate credentials');
    expect(unauthorized.headers['WWW-Authenticate'].schema).toEqual({ type: 'string' });
    expect(invalid.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/ValidationError',
    });
    expect(paths['/users/me'].delete.responses[204]).toEqual({ description: 'No Content' });
    expect(paths['/maybe'].get.responses[200]).toEqual({
      description: 'Rows',
      content: { 'text/csv': { schema: { type: 'string' } } },
    });
  });

  it('combines guards: each of them must be satisfied', () => {
    const certificate = guard('certificate', {}, () => 1, { security: ['mutualTLS'] });
    expect(securityOf({ certificate, admin: requireRole('admin') })).toEqual([
      { mutualTLS: [], HTTPBearer: [] },
      { mutualTLS: [], OAuth2PasswordBearer: [] },
      { mutualTLS: [], APIKeyHeader: [] },
    ]);
  });
});
