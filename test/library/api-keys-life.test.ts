import { expect, it } from 'vitest';
import { z } from 'zod';
import { currentUser, defineAccess } from '../../dist/index.js';
import { keyBench } from '../support/key-bench.js';
import { describeEachApp, type LibraryApp } from '../support/library.js';
import { password } from '../support/wire.js';

const access = defineAccess({ permissions: { 'reports:read': ['user'] } });
const response = { 200: z.object({ name: z.string() }) };

function build({ app }: LibraryApp): void {
  const add = (path: string, user: typeof currentUser) =>
    app.get(path, { needs: { user }, response }, ({ user: found }) => ({ name: found.username }));
  add('/mine', currentUser);
  add('/read', access.requirePermission('reports:read'));
}

describeEachApp('the life of an API key', { build, access }, (get) => {
  const { make, ask, setRole } = keyBench(get);

  it('all end at once: by the owner, with a new password where asked, by an admin; and nobody else’s', async () => {
    const [alice, bob, admin] = [await get().person(), await get().person(), await get().person()];
    await setRole(admin.id, 'admin');
    const theirs = await make(bob.token);
    const both = async () => [await make(alice.token), await make(alice.token)];
    const states = (keys: { key: string }[]) => Promise.all(keys.map(({ key }) => ask(key, '/mine')));
    const first = await both();
    expect((await get().call('DELETE', '/api-keys', { token: alice.token })).status).toBe(204);
    expect(await states(first)).toEqual([401, 401]);
    const second = await both();
    const change = (current_password: string, new_password: string, more = {}) =>
      get().call('POST', '/users/me/password', {
        token: alice.token,
        json: { current_password, new_password, ...more },
      });
    await change(password, 'Looking-Glass-1871');
    expect(await states(second)).toEqual([200, 200]);
    await change('Looking-Glass-1871', password, { revoke_api_keys: true });
    expect(await states(second)).toEqual([401, 401]);
    const third = await both();
    const path = `/users/${alice.id}/api-keys`;
    expect((await get().call('DELETE', path, { token: alice.token })).status).toBe(403);
    expect((await get().call('DELETE', path, { token: admin.token })).status).toBe(204);
    expect(await states(third)).toEqual([401, 401]);
    expect(await ask(theirs.key, '/mine')).toBe(200);
  });

  it('ends with its time, by its owner alone, and with the account', async () => {
    const [alice, bob] = [await get().person(), await get().person()];
    const brief = await make(alice.token, { expires_in_days: 1 });
    const other = await make(alice.token);
    const end = (token: string) => get().call('DELETE', `/api-keys/${other.id}`, { token });
    expect((await end(bob.token)).status).toBe(404);
    expect(await ask(other.key, '/mine')).toBe(200);
    expect((await end(alice.token)).status).toBe(204);
    expect(await ask(other.key, '/mine')).toBe(401);
    expect((await end(alice.token)).status).toBe(404);
    get().clock.forward(86_400_000 - 1000);
    expect(await ask(brief.key, '/mine')).toBe(200);
    get().clock.forward(1000);
    expect(await ask(brief.key, '/mine')).toBe(401);
    const token = await get().signIn(alice.username);
    const last = await make(token);
    await get().app.store.db.deleteFrom('sallyport_accounts').where('id', '=', alice.id).execute();
    expect(await ask(last.key, '/mine')).toBe(401);
  });

  it('is refused while its owner is disabled, and stays dead afterwards', async () => {
    const [alice, admin] = [await get().person(), await get().person()];
    await setRole(admin.id, 'admin');
    const { key } = await make(alice.token);
    const untouched = await make(admin.token);
    const active = (is_active: boolean) =>
      get().call('PATCH', `/users/${alice.id}`, { token: admin.token, json: { is_active } });
    await active(false);
    expect(await ask(key, '/mine')).toBe(401);
    expect(await ask(untouched.key, '/mine')).toBe(200);
    await active(true);
    expect(await ask(key, '/mine')).toBe(401);
  });

  it('a successor takes over while the old one lives on for its hours', async () => {
    const alice = await get().person();
    const old = await make(alice.token, { scopes: ['reports:read'] });
    const rotate = (json: object, token = alice.token) =>
      get().call('POST', `/api-keys/${old.id}/rotate`, { token, json });
    const next = await rotate({ overlap_hours: 2 });
    expect(next.status).toBe(201);
    expect(next.json).toMatchObject({ name: 'report', scopes: ['reports:read'] });
    expect([await ask(old.key, '/read'), await ask(next.json.key, '/read')]).toEqual([200, 200]);
    get().clock.forward(2 * 3600_000);
    expect([await ask(old.key, '/read'), await ask(next.json.key, '/read')]).toEqual([401, 200]);
    const token = await get().signIn(alice.username);
    expect((await rotate({}, token)).status).toBe(404);
    // No way to a longer life, and none to an eleventh key.
    const brief = await make(token, { expires_in_days: 1 });
    const again = (id: string) => get().call('POST', `/api-keys/${id}/rotate`, { token });
    const successor = await again(brief.id);
    expect(successor.status).toBe(201);
    expect(Date.parse(successor.json.expires_at) - Date.parse(successor.json.created_at)).toBe(86_400_000);
    const listed = (await get().call('GET', '/api-keys', { token })).json.items;
    const ends = listed.find(({ id }: { id: string }) => id === brief.id).expires_at;
    expect(Date.parse(ends)).toBeLessThanOrEqual(Date.parse(brief.expires_at));
    while ((await get().call('POST', '/api-keys', { token, json: { name: 'x' } })).status === 201);
    const full = (await get().call('GET', '/api-keys', { token })).json.items;
    expect(full).toHaveLength(10);
    expect((await again(full[0].id)).status).toBe(201);
    expect((await again(full[1].id)).status).toBe(409);
  });

  it('at most ten, two at once included', async () => {
    const alice = await get().person();
    const wish = () => get().call('POST', '/api-keys', { token: alice.token, json: { name: 'x' } });
    const statuses = (await Promise.all(Array.from({ length: 14 }, wish))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(10);
    expect(statuses.filter((status) => status === 409)).toHaveLength(4);
    expect((await wish()).json).toMatchObject({
      code: 'too_many_keys',
      detail: 'Too many API keys: end one first',
    });
  });

  it('tells when it was last used, to the minute', async () => {
    const alice = await get().person();
    const { key } = await make(alice.token);
    const used = async () =>
      (await get().call('GET', '/api-keys', { token: alice.token })).json.items[0].last_used_at;
    expect(await used()).toBeNull();
    await ask(key, '/mine');
    const first = await used();
    expect(Date.parse(first)).toBe(get().clock.now());
    await get().app.house.composed.flows.keyActivity.flush();
    get().clock.forward(30_000);
    await ask(key, '/mine');
    expect(await used()).toBe(first);
  });
});
