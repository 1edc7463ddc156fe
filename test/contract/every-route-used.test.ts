import { expect, it } from 'vitest';
import {
  absentId,
  absentKey,
  expectAnswer,
  expectDocumented,
  named,
  operations,
} from '../support/documented.js';
import type { NamedOperation } from '../support/openapi-check.js';
import { type Call, describeEachServer, password } from '../support/wire.js';

/** Method, path, status, what is sent, what stands for the parameters. */
type Step = readonly [string, string, number, Call, { id: string; session_id?: string }?];

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
    const made = await get().call('POST', '/api-keys', { token, json: { name: 'own' } });
    const own: string = made.json.id;
    const refreshForm = (refresh_token: string) => ({ form: { grant_type: 'refresh_token', refresh_token } });
    const steps: readonly Step[] = [
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
      ['GET', '/users/me/export', 200, { token }],
      ['GET', '/users/me/sessions', 200, { token }],
      ['DELETE', '/users/me/sessions', 204, { token }],
      ['DELETE', '/users/me/sessions/{id}', 404, { token }, { id: absentId }],
      ['DELETE', '/users/me/sessions/{id}', 404, { token }, { id: theirs }],
      ['DELETE', '/users/me/sessions/{id}', 422, { token }, { id: 'x' }],
      ['POST', '/api-keys', 201, { token, json: { name: 'x' } }],
      ['POST', '/api-keys', 422, { token, json: {} }],
      ['GET', '/api-keys', 200, { token }],
      ['POST', '/api-keys/{id}/rotate', 201, { token, json: {} }, { id: own }],
      ['POST', '/api-keys/{id}/rotate', 404, { token, json: {} }, { id: absentKey }],
      ['DELETE', '/api-keys/{id}', 204, { token }, { id: own }],
      ['DELETE', '/api-keys/{id}', 404, { token }, { id: own }],
      ['DELETE', '/api-keys', 204, { token }],
      ['DELETE', '/users/{id}/api-keys', 204, { token }, at],
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
