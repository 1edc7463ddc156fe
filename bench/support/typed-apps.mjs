// The same application in Sallyport's typed routes and in plain Fastify with the zod type provider: five routes a file, each
// file a resource with schemas of its own, as people write them.

const routesPerFile = 5;

const schemas = (n) => `const Id = z.object({ id: z.uuid() });
const Page = z.object({ limit: z.coerce.number().int().min(1).max(100).default(20), search: z.string().optional() });
const Draft = z.object({
  name: z.string().min(1).max(${50 + n}),
  amount: z.number().int(),
  kind: z.enum(['small', 'large', 'other_${n}']),
  tags: z.array(z.string()).max(10),
  note: z.string().nullable(),
});
const Item = Draft.extend({ id: z.uuid(), owner: z.string(), created_at: z.string(), place_${n}: z.object({ x: z.number(), y: z.number() }) });
const Problem = z.object({ detail: z.string(), code: z.string() });
type Item = z.output<typeof Item>;
const made = (id: string, owner: string, draft: z.output<typeof Draft>): Item => ({ ...draft, id, owner, created_at: '', place_${n}: { x: 1, y: ${n} } });
const draft: z.output<typeof Draft> = { name: '', amount: ${n}, kind: 'small', tags: [], note: null };
`;

const sallyportFile = (n) => `import { answer, currentUser, requireRole, type SecureApp } from 'sallyport';
import { z } from 'zod';
${schemas(n)}
export function addItems${n}(app: SecureApp): void {
  app.get('/items-${n}', { needs: { user: currentUser }, query: Page, response: { 200: z.array(Item) } }, async ({ user, query }) => [
    made(user.id, user.username, { ...draft, amount: query.limit, note: query.search ?? null }),
  ]);
  app.get('/items-${n}/:id', { needs: { user: currentUser }, params: Id, response: { 200: Item, 404: Problem } }, async ({ user, params }) =>
    params.id === user.id ? made(params.id, user.username, draft) : answer(404, { detail: 'Not found', code: 'not_found' }),
  );
  app.post('/items-${n}', { needs: { user: currentUser }, body: Draft, response: { 201: Item } }, async ({ user, body }) => made(user.id, user.username, body));
  app.patch(
    '/items-${n}/:id',
    { needs: { moderator: requireRole('moderator') }, params: Id, body: Draft.partial(), response: { 200: Item } },
    async ({ moderator, params, body }) => ({ ...made(params.id, moderator.username, draft), note: body.note ?? null }),
  );
  app.delete('/items-${n}/:id', { needs: { admin: requireRole('admin') }, params: Id, response: { 200: Problem } }, async ({ admin, params }) => ({
    detail: admin.username,
    code: params.id,
  }));
}
`;

const plainFile = (n) => `import { z } from 'zod';
import { type App, authenticate, requireRole } from './app.js';
${schemas(n)}
export function addItems${n}(app: App): void {
  app.get('/items-${n}', { onRequest: authenticate, schema: { querystring: Page, response: { 200: z.array(Item) } } }, async ({ user, query }) => [
    made(user.id, user.username, { ...draft, amount: query.limit, note: query.search ?? null }),
  ]);
  app.get('/items-${n}/:id', { onRequest: authenticate, schema: { params: Id, response: { 200: Item, 404: Problem } } }, async ({ user, params }, reply) =>
    params.id === user.id ? made(params.id, user.username, draft) : reply.code(404).send({ detail: 'Not found', code: 'not_found' }),
  );
  app.post('/items-${n}', { onRequest: authenticate, schema: { body: Draft, response: { 201: Item } } }, async ({ user, body }, reply) =>
    reply.code(201).send(made(user.id, user.username, body)),
  );
  app.patch(
    '/items-${n}/:id',
    { onRequest: requireRole('moderator'), schema: { params: Id, body: Draft.partial(), response: { 200: Item } } },
    async ({ user, params, body }) => ({ ...made(params.id, user.username, draft), note: body.note ?? null }),
  );
  app.delete('/items-${n}/:id', { onRequest: requireRole('admin'), schema: { params: Id, response: { 200: Problem } } }, async ({ user, params }) => ({
    detail: user.username,
    code: params.id,
  }));
}
`;

const plainApp = `import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';

declare module 'fastify' {
  interface FastifyRequest {
    user: { id: string; username: string; role: string };
  }
}

export const app = Fastify().withTypeProvider<ZodTypeProvider>();
app.setValidatorCompiler(validatorCompiler);
app.setSerializerCompiler(serializerCompiler);
export type App = typeof app;

export async function authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.headers.authorization === undefined) await reply.code(401).send();
}
export const requireRole = (role: string) => async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
  await authenticate(request, reply);
  if (request.user.role !== role) await reply.code(403).send();
};
`;

const sallyportApp = `import { createSecureApp } from 'sallyport';

export const app = await createSecureApp();
`;

const main = (files) =>
  [
    "import { app } from './app.js';",
    ...files.map((n) => `import { addItems${n} } from './items-${n}.js';`),
    ...files.map((n) => `addItems${n}(app);`),
    'await app.listen({ port: 8000 });',
    '',
  ].join('\n');

/** Both, as file name → text. @param {number} routes */
export function typedApps(routes) {
  const files = Array.from({ length: routes / routesPerFile }, (_, at) => at + 1);
  const whole = (app, file) =>
    Object.fromEntries([
      ['app.ts', app],
      ['main.ts', main(files)],
      ...files.map((n) => [`items-${n}.ts`, file(n)]),
    ]);
  return { sallyport: whole(sallyportApp, sallyportFile), plain: whole(plainApp, plainFile) };
}
