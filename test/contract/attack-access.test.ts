import { beforeAll, describe, expect, it } from 'vitest';
import { askRaw, expectRefusal, requestBytes } from '../support/raw-socket.js';
import { type Call, describeEachServer, type Person, password, type TestServer } from '../support/wire.js';

const kinds = ['anonymous', 'user', 'moderator', 'admin', 'disabled', 'signed out'] as const;
type Kind = (typeof kinds)[number];

const everybody = kinds;
const active: readonly Kind[] = ['user', 'moderator', 'admin'];
const readers: readonly Kind[] = ['moderator', 'admin'];
const admins: readonly Kind[] = ['admin'];

/** Who passes the guard of each route, written down once more by hand; a route that is not here fails the test. */
const admitted: Readonly<Record<string, readonly Kind[]>> = {
  'POST /auth/register': everybody,
  'POST /auth/token': everybody,
  'POST /auth/revoke': everybody,
  'POST /auth/logout': active,
  'GET /users/me': active,
  'PATCH /users/me': active,
  'DELETE /users/me': active,
  'POST /users/me/password': active,
  'GET /users/me/export': active,
  'GET /users/me/sessions': active,
  'DELETE /users/me/sessions': active,
  'DELETE /users/me/sessions/:id': active,
  'GET /users': readers,
  'GET /users/:id': admins,
  'PATCH /users/:id': admins,
  'DELETE /users/:id': admins,
  'GET /users/:id/sessions': admins,
  'DELETE /users/:id/sessions': admins,
  'DELETE /users/:id/sessions/:session_id': admins,
  'POST /api-keys': active,
  'GET /api-keys': active,
  'POST /api-keys/:id/rotate': active,
  'DELETE /api-keys': active,
  'DELETE /api-keys/:id': active,
  'DELETE /users/:id/api-keys': admins,
  'GET /events': admins,
  'GET /.well-known/jwks.json': everybody,
  'GET /.well-known/oauth-authorization-server': everybody,
  'GET /healthz': everybody,
  'GET /readyz': everybody,
};
const isDocs = (path: string) => /^\/(docs|redoc|openapi\.json|$)/.test(path);

/** What each kind of refused caller is told. */
const refusals: Readonly<Record<Kind, readonly [number, RegExp]>> = {
  anonymous: [401, /^not_authenticated$/],
  user: [403, /^(admin_required|insufficient_permissions)$/],
  moderator: [403, /^(admin_required|insufficient_permissions)$/],
  admin: [500, /never/],
  disabled: [403, /^account_disabled$/],
  'signed out': [401, /^invalid_credentials$/],
};

async function caller(server: TestServer, kind: Kind): Promise<string | undefined> {
  if (kind === 'anonymous') return undefined;
  const role = kind === 'moderator' || kind === 'admin' ? kind : 'user';
  const person = await server.person(role);
  if (kind === 'disabled') await server.update(person.id, { isActive: false });
  if (kind === 'signed out') await server.call('POST', '/auth/logout', { token: person.access_token });
  return person.access_token;
}

describeEachServer('attack: access', { env: { LOG_LEVEL: 'info' } }, (get) => {
  let admin: Person;
  let victim: Person;
  beforeAll(async () => {
    admin = await get().person('admin', 'head_admin');
    victim = await get().person('user', 'the_victim');
  });
  const table = () =>
    get()
      .app.routes.table()
      .filter(({ method, path }) => method !== 'HEAD' && !isDocs(path));
  const me = (token: string) => get().call('GET', '/users/me', { token });

  it('knows every route there is', () => {
    const names = table().map(({ method, path }) => `${method} ${path}`);
    expect(names.sort()).toEqual(Object.keys(admitted).sort());
    const open = table().filter(({ access }) => access === 'public');
    const openByHand = Object.entries(admitted).filter(([, who]) => who === everybody);
    expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
      openByHand.map(([n]) => n).sort(),
    );
  });

  it.each(kinds)('%s passes the guards meant for such, and no other', async (kind) => {
    for (const { method, path } of table()) {
      const target = path.replace(':id', victim.id);
      const token = await caller(get(), kind);
      // A body that no schema takes: who passes the guard is told so by 415 or 422, and nothing is changed.
      const body: Call = method === 'GET' || path === '/auth/logout' ? {} : { json: { unknown: 1 } };
      const answers = [await get().call(method, target, { token, ...body })];
      if (method === 'GET') answers.push(await get().call('HEAD', target, { token }));
      for (const [at, answer] of answers.entries()) {
        const where = `${at === 0 ? method : 'HEAD'} ${path} as ${kind}: ${answer.status}`;
        if (admitted[`${method} ${path}`]?.includes(kind)) {
          if (path === '/auth/token' || path === '/auth/revoke') expect(answer.status, where).toBe(415);
          else if (!path.includes(':id')) expect([200, 204, 415, 422], where).toContain(answer.status);
          else expect([200, 204, 404, 422], where).toContain(answer.status);
          continue;
        }
        const [status, code] = refusals[kind];
        expect(answer.status, where).toBe(status);
        if (at === 0) {
          expectRefusal(answer, status);
          expect(answer.json.code, where).toMatch(code);
        } else expect(answer.text).toBe('');
      }
      // An admin's DELETE takes no body and does its work: the next round needs somebody again.
      if (kind === 'admin' && path.includes(':id') && method === 'DELETE') victim = await get().person();
    }
  });

  describe('mass assignment', () => {
    const more: readonly Record<string, unknown>[] = [
      { role: 'admin' },
      { is_active: true },
      { id: '018f0000-0000-7000-8000-000000000000' },
      { password_hash: 'x' },
      { passwordHash: 'x' },
      { created_at: '2020-01-01T00:00:00Z' },
      { password_version: 9 },
      { email_key: 'x@example.org' },
      { Role: 'admin' },
      { 'role ': 'admin' },
      { user: { role: 'admin' } },
    ];
    it('is a 422 at registering and at the own profile, and changes nothing', async () => {
      const person = await get().person();
      const json = { email: 'mass@example.org', username: 'mass', password };
      for (const extra of more) {
        expectRefusal(await get().call('POST', '/auth/register', { json: { ...json, ...extra } }), 422);
        const change = { token: person.access_token, json: { full_name: 'Changed', ...extra } };
        expectRefusal(await get().call('PATCH', '/users/me', change), 422);
      }
      const seen = (await me(person.access_token)).json;
      expect([seen.role, seen.full_name]).toEqual(['user', null]);
      expect((await get().call('POST', '/auth/register', { json })).json.role).toBe('user');
    });

    it('is a 422 where an admin changes somebody, but for the four fields there are', async () => {
      const token = admin.access_token;
      const fields = more.filter((extra) => !('role' in extra) && !('is_active' in extra));
      for (const json of [...fields, { email: 'x@example.org' }, { username: 'x_y_z' }, { password }])
        expectRefusal(await get().call('PATCH', `/users/${victim.id}`, { token, json }), 422);
      for (const role of ['root', 'Admin', '', null, ['admin'], 1])
        expectRefusal(await get().call('PATCH', `/users/${victim.id}`, { token, json: { role } }), 422);
    });
  });

  it("lets nobody act on another's account by its id, whether it is there or not", async () => {
    const mallory = await get().person();
    const moderator = await get().person('moderator');
    const absent = '018f0000-0000-7000-8000-000000000000';
    for (const { access_token: token } of [mallory, moderator])
      for (const id of [victim.id, absent, mallory.id, moderator.id, admin.id, 'not-an-id'])
        for (const [method, path, json] of [
          ['GET', `/users/${id}`, undefined],
          ['PATCH', `/users/${id}`, { role: 'admin' }],
          ['DELETE', `/users/${id}`, undefined],
          ['DELETE', `/users/${id}/sessions`, undefined],
        ] as const)
          expectRefusal(await get().call(method, path, { token, json }), 403, 'admin_required');
    expect((await me(victim.access_token)).status).toBe(200);
  });

  it('takes nothing for "me" but the path itself: an id in body, query or header is not looked at', async () => {
    const mallory = await get().person();
    const as = { token: mallory.access_token };
    const headers = {
      'x-user-id': victim.id,
      'x-original-url': `/users/${victim.id}`,
      'x-rewrite-url': '/events',
    };
    const seen = await get().call('GET', `/users/me?id=${victim.id}&user_id=${victim.id}`, {
      ...as,
      headers,
    });
    if (seen.status === 200) expect(seen.json.id).toBe(mallory.id);
    else expectRefusal(seen, 422);
    expectRefusal(await get().call('PATCH', '/users/me', { ...as, json: { id: victim.id, bio: 'x' } }), 422);
    expectRefusal(await get().call('DELETE', '/users/me', { ...as, json: { id: victim.id, password } }), 422);
  });

  it.each([
    '/users/me/x.css',
    '/users/me.css',
    '/users/me;.css',
    '/users/me;x=1',
    '/users/me%00.css',
    '/users/me%20',
    '/users/me/',
    '//users/me',
    '/users//me',
    '/./users/me',
    '/x/../users/me',
    '/%2e/users/me',
    '/x/%2e%2e/users/me',
    '/users%2fme',
    '/users%2Fme',
    '/users\\me',
    '/USERS/ME',
    '/Users/me',
    '/users/%6d%65',
    '/users/ME',
    '/users/m%65/../../events',
    '/healthz/../events',
    '/healthz/..%2fevents',
    '/healthz%2f..%2fevents',
    '/healthz;/../events',
    '/docs/../events',
    '/docs/%2e%2e/events',
    '/.well-known/../events',
    '/events/',
    '/events%2f',
    '/events%3f',
    '/events.json',
    '/EVENTS',
    '/events%09',
  ])('%s opens nothing without a token, and nothing of an admin to a user', async (target) => {
    const user = await get().person();
    const anonymous = await askRaw(get().port, requestBytes('GET', target));
    expectRefusal(anonymous);
    expect([400, 401, 404]).toContain(anonymous.status);
    const authorization = `Authorization: Bearer ${user.access_token}`;
    const asUser = await askRaw(get().port, requestBytes('GET', target, [authorization]));
    if (asUser.status === 200) expect(asUser.json.id).toBe(user.id);
    else expectRefusal(asUser);
  });

  it('takes the method from the request line alone', async () => {
    const token = admin.access_token;
    const override = ['x-http-method-override', 'x-http-method', 'x-method-override', '_method'];
    for (const name of override) {
      const headers = { [name]: 'DELETE' };
      await get().call('GET', `/users/${victim.id}`, { token, headers });
      await get().call('GET', `/users/${victim.id}?_method=DELETE`, { token, headers });
      expectRefusal(await get().call('POST', `/users/${victim.id}?_method=DELETE`, { token, headers }), 405);
      expectRefusal(
        await get().call('POST', `/users/${victim.id}`, { token, headers, json: { _method: 'DELETE' } }),
        405,
      );
    }
    expect((await me(victim.access_token)).status).toBe(200);
  });

  it('changes nothing on a safe method, and 405s what a path does not take', async () => {
    const authorization = `Authorization: Bearer ${victim.access_token}`;
    for (const [method, path, allow] of [
      ['GET', '/auth/logout', 'POST'],
      ['HEAD', '/auth/logout', 'POST'],
      ['OPTIONS', '/auth/logout', 'POST'],
      ['TRACE', '/users/me', 'DELETE, GET, HEAD, PATCH'],
      ['OPTIONS', '/users/me', 'DELETE, GET, HEAD, PATCH'],
      ['PUT', '/users/me', 'DELETE, GET, HEAD, PATCH'],
      ['PROPFIND', '/users', 'GET, HEAD'],
      ['PURGE', '/healthz', 'GET, HEAD'],
    ] as const) {
      const answer = await askRaw(get().port, requestBytes(method, path, [authorization, 'X-Canary: tweet']));
      expect([answer.status, answer.headers['allow']]).toEqual([405, allow]);
      expect(answer.body).not.toContain('tweet');
      if (method !== 'HEAD') expectRefusal(answer, 405);
    }
    expect((await me(victim.access_token)).status).toBe(200);
  });

  it('shows of an account what it shows, whatever is asked for', async () => {
    const token = admin.access_token;
    for (const path of [`/users/${victim.id}`, '/users?limit=100', '/users/me', '/events?limit=100'])
      expect((await get().call('GET', path, { token })).text).not.toMatch(
        /\$2[aby]\$|password_?hash|bcrypt-sha256|email_key/i,
      );
    for (const query of [
      'fields=password_hash',
      'include=sessions',
      'role=admin',
      'select=*',
      'order=password_hash',
    ])
      expectRefusal(await get().call('GET', `/users?${query}`, { token }), 422);
  });
});
