import { expect, it } from 'vitest';
import { describeEachServer, limitsOn, password } from '../support/wire.js';

describeEachServer('GET /users/me/export', {}, (get) => {
  const ask = (token: string) => get().call('GET', '/users/me/export', { token });

  it('gives all that is kept of the own account, and of nobody else', async () => {
    const [alice, admin] = [await get().person('user', 'alice'), await get().person('admin')];
    const token = alice.access_token;
    const key = await get().call('POST', '/api-keys', { token, json: { name: 'script' } });
    await get().call('POST', '/auth/token', { form: { username: 'alice', password: 'Wrong-1865' } });
    await get().call('PATCH', `/users/${alice.id}`, { token: admin.access_token, json: { bio: 'x' } });
    const { status, headers, json, text } = await ask(token);
    expect(status).toBe(200);
    expect(headers['content-disposition']).toBe('attachment; filename="account.json"');
    expect(headers['cache-control']).toBe('no-store');
    expect(json.account).toMatchObject({ id: alice.id, username: 'alice', bio: 'x' });
    expect(json.sessions).toMatchObject([{ current: true }]);
    expect(json.api_keys).toMatchObject([{ id: key.json.id, name: 'script' }]);
    const names = json.events.map(({ name }: { name: string }) => name);
    expect(names).toEqual([
      'account.updated',
      'authentication.failed',
      'api_key.created',
      'authentication.succeeded',
      'account.registered',
    ]);
    for (const secret of ['$2b$', password, token, alice.refresh_token, alice.device_token, key.json.key])
      expect(text).not.toContain(secret);
    expect(text).not.toContain('person_');
  });

  it('holds many events, once each and the newest first', async () => {
    const { access_token: token } = await get().person();
    for (let at = 0; at < 60; at += 1)
      await get().call('PATCH', '/users/me', { token, json: { bio: `b${at}` } });
    const { json } = await ask(token);
    const ids: string[] = json.events.map(({ id }: { id: string }) => id);
    expect(ids).toHaveLength(62);
    expect(ids).toEqual([...new Set(ids)].sort().reverse());
  });

  it('attack: not by a stranger, a key, or whoever else', async () => {
    const { access_token: token } = await get().person();
    const { json } = await get().call('POST', '/api-keys', { token, json: { name: 'x' } });
    expect((await get().call('GET', '/users/me/export')).status).toBe(401);
    const byKey = await get().call('GET', '/users/me/export', { headers: { 'x-api-key': json.key } });
    expect(byKey.status).toBe(403);
  });
});

describeEachServer('GET /users/me/export, limits on', { env: limitsOn }, (get) => {
  it('ten times an hour', async () => {
    const { access_token: token } = await get().person();
    const statuses: number[] = [];
    for (let at = 0; at < 11; at += 1)
      statuses.push((await get().call('GET', '/users/me/export', { token })).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 429]);
  });
});
