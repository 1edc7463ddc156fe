import { expect, it } from 'vitest';
import { describeEachServer, type TestServer } from '../support/wire.js';

const fields = ['bio', 'created_at', 'email', 'full_name', 'id', 'is_active', 'role', 'username'];
const absentId = '01890a5d-ac96-774b-bcce-b302099a8057';
const malformedIds = ['1', 'abc', 'me%00', '%F0%9F%98%80', `${absentId}x`, "1'%20OR%20'1'='1", 'null'];
const byId = [
  ['GET', ''],
  ['PATCH', ''],
  ['DELETE', ''],
  ['DELETE', '/sessions'],
] as const;

describeEachServer('GET /users', {}, (get) => {
  it('pages through all accounts in the order of registration, none twice, none left out', async () => {
    const server = get();
    const { access_token: token } = await server.person('admin');
    const made: string[] = [];
    // Ids of one millisecond have no order among themselves.
    const register = async () => {
      server.clock.forward(1);
      made.push((await server.person()).id);
    };
    for (let n = 0; n < 6; n += 1) await register();
    const seen: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { status, json } = await server.call('GET', `/users?limit=3${more}`, { token });
      expect([status, Object.keys(json).sort()]).toEqual([200, ['items', 'next_cursor']]);
      expect(json.items.length).toBeLessThanOrEqual(3);
      for (const item of json.items) {
        expect(Object.keys(item).sort()).toEqual(fields);
        seen.push(item.id);
      }
      cursor = json.next_cursor;
      pages += 1;
      // Somebody who registers meanwhile moves nothing.
      if (pages === 1) await register();
    } while (cursor !== null);
    expect(pages).toBe(3);
    expect(seen).toEqual([...seen].sort());
    expect(seen).toEqual(expect.arrayContaining(made));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('searches in full_name: contains from 3 characters, beginnings of words with 2, whatever the case', async () => {
    const moderator = await get().person('moderator');
    const names = ['Émile Zola', 'Ada Lovelace', 'Grace Hopper'];
    for (const fullName of names) await get().update((await get().person()).id, { fullName });
    const found = async (search: string) => {
      const path = `/users?search=${encodeURIComponent(search)}`;
      const { json } = await get().call('GET', path, { token: moderator.access_token });
      return json.items.map((one: { full_name: string }) => one.full_name);
    };
    expect(await found('LOVE')).toEqual(['Ada Lovelace']);
    expect(await found('lace')).toEqual(['Ada Lovelace']);
    expect(await found('émile')).toEqual(['Émile Zola']);
    expect(await found('ÉMILE ZO')).toEqual(['Émile Zola']);
    expect(await found('ho')).toEqual(['Grace Hopper']);
    expect(await found('op')).toEqual([]);
    expect(await found('nobody')).toEqual([]);
  });

  it.each([
    ['search=a', 'search'],
    [`search=${'x'.repeat(51)}`, 'search'],
    ['search=', 'search'],
    ['search=ab%00', 'search'],
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1e400', 'limit'],
    ['cursor=abc', 'cursor'],
    [`cursor=${'x'.repeat(201)}`, 'cursor'],
    ['order=desc', 'order'],
    ['limit=1&limit=2', 'limit'],
  ])('refuses ?%s: 422 at its place', async (query, place) => {
    const { access_token: token } = await get().person('moderator');
    const answer = await get().call('GET', `/users?${query}`, { token });
    expect(answer.status).toBe(422);
    expect(answer.json.detail[0].loc).toEqual(['query', place]);
  });
});

async function adminAndOther(server: TestServer) {
  const { access_token: token } = await server.person('admin');
  const other = await server.person();
  return { token, other, path: `/users/${other.id}` };
}

describeEachServer('/users/{id}', {}, (get) => {
  it('GET shows, PATCH changes role, is_active and profile', async () => {
    const { token, other, path } = await adminAndOther(get());
    const shown = await get().call('GET', path, { token });
    expect([shown.status, Object.keys(shown.json).sort()]).toEqual([200, fields]);
    expect(shown.json).toMatchObject({ id: other.id, email: other.email, role: 'user', is_active: true });
    for (const json of [
      { role: 'moderator' },
      { full_name: 'New Name', bio: 'b' },
      { full_name: null },
      { is_active: false },
      { is_active: true, role: 'user' },
      {},
    ]) {
      const answer = await get().call('PATCH', path, { token, json });
      expect([answer.status, Object.keys(answer.json).sort()]).toEqual([200, fields]);
      expect(answer.json).toMatchObject(json);
      expect((await get().call('GET', path, { token })).json).toEqual(answer.json);
    }
  });

  it.each([
    { role: 'superuser' },
    { role: null },
    { is_active: 'yes' },
    { is_active: null },
    { id: absentId },
    { email: 'x@example.org' },
    { password: 'Looking-Glass-1871' },
    { full_name: 'x'.repeat(101) },
  ])('PATCH refuses %j: 422 at its place', async (json) => {
    const { token, path } = await adminAndOther(get());
    const before = await get().call('GET', path, { token });
    const answer = await get().call('PATCH', path, { token, json });
    expect([answer.status, answer.json.detail[0].loc]).toEqual([422, ['body', Object.keys(json)[0]]]);
    expect((await get().call('GET', path, { token })).json).toEqual(before.json);
  });

  it('DELETE removes: 200, then absent', async () => {
    const { token, other, path } = await adminAndOther(get());
    const answer = await get().call('DELETE', path, { token });
    expect([answer.status, answer.json]).toEqual([200, { message: 'User deleted successfully' }]);
    expect((await get().call('GET', path, { token })).status).toBe(404);
    expect((await get().call('DELETE', path, { token })).status).toBe(404);
    expect((await get().call('GET', '/users/me', { token: other.access_token })).status).toBe(401);
  });

  it('DELETE /sessions ends every session: 204, sign-in stays possible', async () => {
    const { token, other, path } = await adminAndOther(get());
    const second = await get().signIn(other.username);
    const answer = await get().call('DELETE', `${path}/sessions`, { token });
    expect([answer.status, answer.text]).toEqual([204, '']);
    for (const dead of [other, second]) {
      expect((await get().call('GET', '/users/me', { token: dead.access_token })).status).toBe(401);
      const form = { grant_type: 'refresh_token', refresh_token: dead.refresh_token };
      expect((await get().call('POST', '/auth/token', { form })).json.error).toBe('invalid_grant');
    }
    await get().signIn(other.username);
  });

  it.each(byId)('%s %s: absent is 404, malformed 422', async (method, below) => {
    const { access_token: token } = await get().person('admin');
    const body = method === 'PATCH' ? { json: { full_name: 'X' } } : {};
    const absent = await get().call(method, `/users/${absentId}${below}`, { token, ...body });
    expect([absent.status, absent.json.detail]).toEqual([404, 'Not Found']);
    for (const id of malformedIds) {
      const answer = await get().call(method, `/users/${id}${below}`, { token, ...body });
      expect([id, answer.status, answer.json.detail?.[0]?.loc]).toEqual([id, 422, ['path', 'id']]);
    }
  });
});

describeEachServer('e-mail and username', {}, (get) => {
  it('are compared without case; the e-mail is shown as it was typed, the username in lower case', async () => {
    const registration = { email: 'MiXed@Example.ORG', username: 'MiXed', password: 'Wonderland-1865' };
    const made = await get().call('POST', '/auth/register', { json: registration });
    expect(made.json).toMatchObject({ email: 'MiXed@Example.ORG', username: 'mixed' });
    for (const identifier of ['mixed@example.org', 'MIXED@EXAMPLE.ORG', 'mixed', 'MIXED'])
      await get().signIn(identifier);
    const again = { ...registration, username: 'other' };
    const taken = await get().call('POST', '/auth/register', {
      json: { ...again, email: 'mixed@EXAMPLE.org' },
    });
    expect(taken.json.code).toBe('email_taken');
  });
});
