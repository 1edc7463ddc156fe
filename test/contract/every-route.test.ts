import { describe, expect, it } from 'vitest';
import { misfit, type NamedOperation, type OpenApiDocument, operationsOf } from '../support/openapi-check.js';
import { readDocument } from '../support/openapi-file.js';
import { securityHeaders } from '../support/security-headers.js';
import { type Answer, type Call, describeEachServer, type Person, password } from '../support/wire.js';

/** The document in the tree; openapi.test.ts holds it to what the server gives. */
const document: OpenApiDocument = readDocument();
const operations = operationsOf(document);
const named = operations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const);
const guarded = named.filter(([, operation]) => operation.security.length > 0);
const withBody = named.filter(([, operation]) => operation.requestBody !== undefined);
const absentId = '01890a5d-ac96-774b-bcce-b302099a8057';

const urlOf = ({ path }: NamedOperation): string => path.replace('{id}', absentId);
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Every answer has all of the security headers and its id; a refusal has the one shape. */
function expectAnswer(answer: Answer, status: number): void {
  expect([answer.status, securityHeaders(answer.headers)]).toEqual([status, []]);
  expect(answer.headers['x-request-id']).toMatch(/^[\w-]{1,64}$/);
  if (status < 400) return;
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  const { error: _error, ...rest } = answer.json;
  expect(Object.keys(rest)).toEqual(['detail', 'code', 'request_id']);
  expect(answer.json.request_id).toBe(answer.headers['x-request-id']);
  expect(answer.json.code).toMatch(/^[a-z_]+$/);
  expect(Array.isArray(answer.json.detail)).toBe(status === 422);
  expect(answer.headers['www-authenticate'] !== undefined).toBe(status === 401);
}

/** The status stands in the document for this operation, the body fits its schema, and its words stand there too. */
function expectDocumented(operation: NamedOperation, answer: Answer): void {
  const response = operation.responses[answer.status];
  expect(Object.keys(operation.responses)).toContain(String(answer.status));
  const schema = response?.content?.['application/json']?.schema;
  if (schema === undefined) expect(answer.text).toBe('');
  else expect(misfit(document, schema, answer.json)).toBeUndefined();
  const detail = answer.json?.detail;
  if (typeof detail === 'string') expect(response?.description.split(' · ')).toContain(detail);
}

describe('the document', () => {
  it('protected operations name their schemes, public ones none', () => {
    const open = named.filter(([, { security }]) => security.length === 0).map(([name]) => name);
    expect(open.sort()).toEqual([
      'GET /.well-known/jwks.json',
      'GET /.well-known/oauth-authorization-server',
      'GET /healthz',
      'GET /readyz',
      'POST /auth/register',
      'POST /auth/revoke',
      'POST /auth/token',
    ]);
    for (const [, { security }] of guarded)
      expect(security).toEqual([{ HTTPBearer: [] }, { OAuth2PasswordBearer: [] }]);
    expect(Object.keys(document.components.securitySchemes).sort()).toEqual([
      'HTTPBearer',
      'OAuth2PasswordBearer',
    ]);
  });

  it('every operation has a summary, a tag, a 4xx and a name of its own', () => {
    for (const [, { summary, tags, responses }] of named) {
      expect(summary).toBeTruthy();
      expect(tags).toHaveLength(1);
      expect(Object.keys(responses).some((status) => status.startsWith('4'))).toBe(true);
    }
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });
});

describeEachServer('every route', {}, (get) => {
  const send = (operation: NamedOperation, call: Call = {}) =>
    get().call(operation.method, urlOf(operation), call);

  /** Made once a server; an admin, so that no role stands before what is asked. */
  const admins = new WeakMap<object, Promise<Person>>();
  const admin = (): Promise<Person> => {
    const known = admins.get(get()) ?? get().person('admin');
    admins.set(get(), known);
    return known;
  };
  const tokenFor = async ({ security }: NamedOperation): Promise<{ token?: string }> =>
    security.length === 0 ? {} : { token: (await admin()).access_token };

  it.each(guarded)(
    '%s: 401 without a token and with a bad one, each with its challenge',
    async (_name, operation) => {
      const cases = [
        [{}, 'not_authenticated', 'Bearer'],
        [{ headers: { authorization: 'Basic YTpi' } }, 'not_authenticated', 'Bearer'],
        [{ token: 'a.b.c' }, 'invalid_credentials', 'Bearer error="invalid_token"'],
      ] as const;
      for (const [call, code, challenge] of cases) {
        // A stranger's body is not looked at, whatever it is.
        const answer = await send(operation, {
          ...call,
          ...(operation.method !== 'GET' && { json: { x: 1 } }),
        });
        expectAnswer(answer, 401);
        expect([answer.json.code, answer.headers['www-authenticate']]).toEqual([code, challenge]);
        expectDocumented(operation, answer);
      }
    },
  );

  it.each(guarded)('%s: 403 for a disabled account', async (_name, operation) => {
    const person = await get().person('admin');
    await admin();
    await get().update(person.id, { isActive: false });
    const answer = await send(operation, { token: person.access_token });
    expectAnswer(answer, 403);
    expect(answer.json.detail).toBe('Account is disabled');
    expectDocumented(operation, answer);
  });

  it.each(guarded)(
    '%s: a plain user is admitted or 403, never anything undocumented',
    async (_name, operation) => {
      const person = await get().person();
      const answer = await send(operation, { token: person.access_token });
      expectAnswer(answer, answer.status);
      expectDocumented(operation, answer);
      expect(answer.status).not.toBe(401);
    },
  );

  it.each(withBody)(
    '%s: 415 for a foreign content type, 413 for too much, 422 for garbage',
    async (_name, operation) => {
      const who = await tokenFor(operation);
      const [type = ''] = Object.keys(operation.requestBody?.content ?? {});
      const typed = (contentType: string, body: string) =>
        send(operation, { ...who, body, headers: { 'content-type': contentType } });
      for (const foreign of [
        'text/plain',
        'application/xml',
        'application/jsonp',
        'x',
        type.includes('json') ? 'multipart/form-data; boundary=x' : 'application/json',
      ]) {
        const answer = await typed(foreign, '{}');
        expectAnswer(answer, 415);
        expectDocumented(operation, answer);
      }
      const large = await typed(type, 'x'.repeat(70_000));
      expectAnswer(large, 413);
      expectDocumented(operation, large);
      for (const garbage of type.includes('json')
        ? [
            '{',
            'nonsense',
            '[]',
            '"x"',
            '1',
            'null',
            '{"__proto__":{}}',
            '{"a":1,"a":2}',
            '',
            `${'['.repeat(20_000)}`,
          ]
        : ['%', '=&=', 'a=%ff', '__proto__=1', 'a=1&a=2', '']) {
        const answer = await typed(type, garbage);
        expectAnswer(answer, 422);
        expectDocumented(operation, answer);
        for (const { loc } of answer.json.detail) expect(loc[0]).toBe('body');
      }
    },
  );

  it.each(Object.keys(document.paths))('%s: 405 with Allow for what it does not take', async (path) => {
    const taken = Object.keys(document.paths[path] ?? {}).map((method) => method.toUpperCase());
    const allow = [...taken, ...(taken.includes('GET') ? ['HEAD'] : [])].sort().join(', ');
    for (const method of [...methods, 'OPTIONS'].filter((one) => !taken.includes(one))) {
      const answer = await get().call(method, path.replace(/\{\w+\}/g, absentId));
      expectAnswer(answer, 405);
      expect([method, answer.headers['allow']]).toEqual([method, allow]);
    }
  });

  it('404 for every path that is none, close to one as it may be', async () => {
    const paths = Object.keys(document.paths).map((path) => path.replace('{id}', absentId));
    const near = paths.flatMap((path) => [`${path}/`, `${path}/x`, path.toUpperCase(), `${path};x`]);
    for (const path of near) {
      // Whatever stands in an id's place is an id, be it nothing, and is refused as one.
      if (/^\/users\/[^/]*$|\/sessions\/[^/]+$/.test(path)) continue;
      const answer = await get().call('GET', path);
      expect([path, answer.status]).toEqual([path, 404]);
      expectAnswer(answer, 404);
    }
  });

  it.each(named)('%s: HEAD passes the same guard as GET', async (_name, operation) => {
    if (operation.method !== 'GET') return;
    const head = await get().call('HEAD', urlOf(operation));
    expect(head.status).toBe(operation.security.length === 0 ? 200 : 401);
    expect(head.text).toBe('');
    expect(securityHeaders(head.headers)).toEqual([]);
  });
});

describeEachServer('every route, used as it is meant', {}, (get) => {
  const find = (method: string, path: string): NamedOperation => {
    const found = operations.find((operation) => operation.method === method && operation.path === path);
    if (!found) throw new Error(`${method} ${path} is not documented`);
    return found;
  };

  it('gives what the document says, status and body', async () => {
    const admin = await get().person('admin');
    const token = admin.access_token;
    const victim = await get().person('user', 'victim');
    const other = await get().person();
    const last = await get().person();
    const fresh = { email: 'doc@example.org', username: 'documented', password };
    const wrong = { password: 'Wrong-1865' };
    const change = { current_password: password, new_password: 'Looking-Glass-1871' };
    const at = { id: victim.id };
    const sessionsOf = async (at: string) => {
      const { json } = await get().call('GET', `/users/${at}/sessions`, { token });
      return json.items.map((one: { id: string }) => one.id) as string[];
    };
    const [hers = ''] = await sessionsOf(victim.id);
    const [theirs = ''] = await sessionsOf(other.id);
    const refreshForm = (refresh_token: string) => ({ form: { grant_type: 'refresh_token', refresh_token } });
    const steps: readonly (readonly [string, string, number, Call, { id: string; session_id?: string }?])[] =
      [
        ['GET', '/healthz', 200, {}],
        ['GET', '/readyz', 200, {}],
        ['GET', '/.well-known/jwks.json', 200, {}],
        ['GET', '/.well-known/oauth-authorization-server', 200, {}],
        ['POST', '/auth/register', 201, { json: fresh }],
        ['POST', '/auth/register', 400, { json: fresh }],
        ['POST', '/auth/register', 400, { json: { ...fresh, email: 'doc2@example.org' } }],
        ['POST', '/auth/register', 422, { json: {} }],
        ['POST', '/auth/token', 200, { form: { username: 'documented', password } }],
        ['POST', '/auth/token', 401, { form: { username: 'documented', password: 'x' } }],
        ['POST', '/auth/token', 400, { form: { grant_type: 'x' } }],
        ['POST', '/auth/token', 400, refreshForm('x')],
        ['POST', '/auth/token', 200, refreshForm(other.refresh_token)],
        ['POST', '/auth/revoke', 200, { form: { token: 'x' } }],
        ['GET', '/users/me', 200, { token }],
        ['PATCH', '/users/me', 200, { token, json: { full_name: 'The Admin' } }],
        ['POST', '/users/me/password', 400, { token, json: { ...change, current_password: 'x' } }],
        ['POST', '/users/me/password', 204, { token, json: change }],
        ['DELETE', '/users/me', 400, { token, json: wrong }],
        ['DELETE', '/users/me', 409, { token, json: { password: 'Looking-Glass-1871' } }],
        ['GET', '/users/me/sessions', 200, { token }],
        ['DELETE', '/users/me/sessions', 204, { token }],
        ['DELETE', '/users/me/sessions/{id}', 404, { token }, { id: absentId }],
        ['DELETE', '/users/me/sessions/{id}', 404, { token }, { id: theirs }],
        ['DELETE', '/users/me/sessions/{id}', 422, { token }, { id: 'x' }],
        ['GET', '/users', 200, { token }],
        ['GET', '/users', 403, { token: other.access_token }],
        ['GET', '/events', 200, { token }],
        ['GET', '/events', 403, { token: other.access_token }],
        ['GET', '/users/{id}', 200, { token }, at],
        ['GET', '/users/{id}', 403, { token: other.access_token }, at],
        ['GET', '/users/{id}', 404, { token }, { id: absentId }],
        ['GET', '/users/{id}', 422, { token }, { id: 'x' }],
        ['PATCH', '/users/{id}', 200, { token, json: { bio: 'x' } }, at],
        ['PATCH', '/users/{id}', 409, { token, json: { role: 'user' } }, admin],
        ['GET', '/users/{id}/sessions', 200, { token }, at],
        ['DELETE', '/users/{id}/sessions/{session_id}', 204, { token }, { ...at, session_id: hers }],
        ['DELETE', '/users/{id}/sessions/{session_id}', 404, { token }, { ...at, session_id: hers }],
        ['DELETE', '/users/{id}/sessions', 204, { token }, at],
        ['DELETE', '/users/{id}', 409, { token }, admin],
        ['DELETE', '/users/{id}', 200, { token }, at],
        ['DELETE', '/users/me/sessions/{id}', 204, { token: other.access_token }, { id: theirs }],
        ['DELETE', '/users/me', 204, { token: last.access_token, json: { password } }],
        ['POST', '/auth/logout', 204, { token }],
      ];
    for (const [method, path, status, call, { id, session_id = '' } = { id: '' }] of steps) {
      const url = path.replace('{id}', id).replace('{session_id}', session_id);
      const answer = await get().call(method, url, call);
      expect([method, path, answer.status, answer.text]).toEqual([method, path, status, answer.text]);
      expectAnswer(answer, status);
      expectDocumented(find(method, path), answer);
    }
    const reached = new Set(steps.map(([method, path]) => `${method} ${path}`));
    expect([...reached].sort()).toEqual(named.map(([name]) => name).sort());
  });

  it('403 at the sign-in of a disabled account is documented, too', async () => {
    const { id, username } = await get().person();
    await get().update(id, { isActive: false });
    const answer = await get().call('POST', '/auth/token', { form: { username, password } });
    expectAnswer(answer, 403);
    expectDocumented(find('POST', '/auth/token'), answer);
  });
});
