import swaggerUi from '@fastify/swagger-ui';
import { z } from 'zod';
import { answer, media, raw } from '../../src/access/answer.js';
import type { Routes } from '../../src/access/create-routes.js';
import { defineAccess } from '../../src/access/define-access.js';
import { type Dependency, dependency, guard } from '../../src/access/dependency.js';
import { params, query, rawBody } from '../../src/access/inputs.js';
import type { GuardHook } from '../../src/access/recipe.js';
import { currentUser, optionalUser, requireRole, type User } from '../access/app.js';

/** Compiled with everything else, never run: what a route is given has exactly the declared type. */
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isTrue = <T extends true>(): T | undefined => undefined;
const Message = z.object({ message: z.string() });

export const page = dependency(
  'page',
  { q: query(z.object({ limit: z.coerce.number().default(20) })) },
  async ({ q }) => {
    isTrue<Equal<typeof q, { limit: number }>>();
    return q.limit;
  },
);
isTrue<Equal<typeof page, Dependency<number, false>>>();
export const ownReport = dependency(
  'ownReport',
  { user: currentUser, path: params(z.object({ id: z.uuid() })) },
  ({ user, path }) => ({ of: user.email, id: path.id }),
);
isTrue<Equal<(typeof ownReport)['guards'], true>>();
export const webhook = guard('webhook', { rawBody }, ({ rawBody: bytes }) => bytes.length);
isTrue<Equal<typeof webhook, Dependency<number, true>>>();

const access = defineAccess({
  roles: ['editor'],
  permissions: { 'reports:publish': ['editor', 'moderator'], 'users:read': ['editor'] },
});
isTrue<Equal<Parameters<typeof access.requireRole>[0], 'admin' | 'moderator' | 'user' | 'editor'>>();
export const publisher = access.requirePermission('reports:publish');
export const moderator = access.requireRole('moderator');
export const hook: GuardHook = publisher.hook;

const Told = z.object({
  role: z.string(),
  at: z.date(),
  id: z.string().brand('id'),
  kind: z.enum(['a', 'b']),
});

/** Texts that are wider or narrower than a string, and dates, stay what they are in an answer. */
export function answeredWhole(
  routes: Routes,
  role: 'admin' | (string & {}),
  id: string & z.core.$brand<'id'>,
): void {
  routes.get('/told', { access: 'public', response: { 200: Told } }, () =>
    answer(200, { role, at: new Date(0), id, kind: 'a' }),
  );
}

export function accepted(routes: Routes): void {
  routes.get('/reports/:id', { needs: { ownReport, page }, response: { 200: Message } }, (given) => {
    isTrue<Equal<keyof typeof given, 'ownReport' | 'page'>>();
    isTrue<Equal<typeof given.page, number>>();
    return { message: given.ownReport.id };
  });
  routes.patch(
    '/users/:id',
    {
      needs: { admin: requireRole('admin') },
      params: z.object({ id: z.uuid() }),
      body: z.strictObject({ bio: z.string().nullable() }),
      response: { 200: Message, 202: z.object({ at: z.date() }) },
    },
    async ({ admin, params: path, body }) => {
      isTrue<Equal<typeof admin, User>>();
      isTrue<Equal<typeof path, { id: string }>>();
      return body.bio === null ? answer(202, { at: new Date(0) }) : answer(200, { message: path.id });
    },
  );
  routes.get(
    '/open',
    { access: 'public', needs: { user: optionalUser }, response: { 200: Message } },
    ({ user }) => {
      isTrue<Equal<typeof user, User | null>>();
      return { message: user?.email ?? '' };
    },
  );
  routes.delete('/gone', { needs: { user: currentUser }, response: { 204: z.void() } }, async () => {});
  routes.get('/csv', { needs: { user: currentUser }, response: { 200: media('text/csv') } }, () =>
    raw('a,b'),
  );
  routes.post('/hook', { needs: { webhook }, response: { 204: z.void(), 404: Message } }, () =>
    answer(404, { message: '' }),
  );
  routes.register(
    async (scope) => void scope.get('/', async () => ''),
    { prefix: '/p' },
    { access: 'public' },
  );
  routes.register(swaggerUi, { routePrefix: '/docs' }, { access: 'public' });
  routes.register(async () => {}, {}, { needs: { user: currentUser } });
  const State = z.object({ state: z.enum(['open', 'shut']), codes: z.array(z.literal(1)) });
  routes.get('/literals', { access: 'public', response: { 200: State, 409: State } }, async () =>
    answer(409, { state: 'shut', codes: [1] }),
  );
  routes.get(
    '/literal',
    { needs: { user: currentUser }, response: { 200: State, 404: Message } },
    ({ user }) => (user.email === '' ? answer(404, { message: '' }) : { state: 'open', codes: [1] }),
  );
  routes.override(currentUser, () => ({ email: 'a', role: 'admin' }));
}
