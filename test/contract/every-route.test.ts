import { describe, expect, it } from 'vitest';
import {
  absentId,
  document,
  expectAnswer,
  expectDocumented,
  filled,
  guarded,
  named,
  operations,
  urlOf,
  withBody,
} from '../support/documented.js';
import type { NamedOperation } from '../support/openapi-check.js';
import { securityHeaders } from '../support/security-headers.js';
import { type Call, describeEachServer, type Person } from '../support/wire.js';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

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
    // A key opens what is guarded by a permission, and names it as its scope.
    const byKey = new Map([['GET /users', ['users:read']]]);
    for (const [name, { security }] of guarded) {
      const scopes = byKey.get(name);
      const bearer = [{ HTTPBearer: [] }, { OAuth2PasswordBearer: [] }];
      expect([name, security]).toEqual([name, scopes ? [...bearer, { APIKeyHeader: scopes }] : bearer]);
    }
    expect(Object.keys(document.components.securitySchemes).sort()).toEqual([
      'APIKeyHeader',
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
        // All that its body says has a default, so none is no fault.
        if (operation.path.endsWith('/rotate') && (garbage === '' || garbage === 'null')) continue;
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
      const answer = await get().call(method, filled(path));
      expectAnswer(answer, 405);
      expect([method, answer.headers['allow']]).toEqual([method, allow]);
    }
  });

  it('404 for every path that is none, close to one as it may be', async () => {
    const paths = Object.keys(document.paths).map((path) => path.replace('{id}', absentId));
    const near = paths.flatMap((path) => [`${path}/`, `${path}/x`, path.toUpperCase(), `${path};x`]);
    for (const path of near) {
      // Whatever stands in an id's place is an id, be it nothing, and is refused as one.
      if (/^\/users\/[^/]*$|\/(?:sessions|api-keys)\/[^/]+$/.test(path)) continue;
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
