import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeEachServer } from '../support/wire.js';

describeEachServer('seed: get_current_user by HTTPBearer', {}, (get) => {
  it('"Not authenticated" where no bearer token was sent; another scheme counts as none', async () => {
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Basic YTpi',
      'Token abc',
      'bearerabc',
    ]) {
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await get().call('GET', '/users/me', { headers });
      expect([answer.status, answer.json.detail]).toEqual([401, 'Not authenticated']);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });

  it('"Could not validate credentials" where one was and it does not hold', async () => {
    const { access_token: token } = await get().person();
    const [header, payload] = token.split('.');
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    const forged = createHmac('sha256', 'your-secret-key').update(`${header}.${payload}`).digest('base64url');
    for (const bad of ['x', 'a.b.c', `${token}x`, `${none}.${payload}.`, `${header}.${payload}.${forged}`]) {
      const answer = await get().call('GET', '/users/me', { token: bad });
      expect([answer.status, answer.json.detail]).toEqual([401, 'Could not validate credentials']);
      expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    }
  });

  it('takes the scheme in any case (RFC 9110 §11.1)', async () => {
    const { access_token: token } = await get().person();
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const headers = { authorization: `${scheme} ${token}` };
      expect((await get().call('GET', '/users/me', { headers })).status).toBe(200);
    }
  });

  it('takes a token from nowhere but the header', async () => {
    const { access_token: token } = await get().person();
    const tries = [
      await get().call('GET', `/users/me?access_token=${token}`),
      await get().call('GET', '/users/me', { headers: { cookie: `access_token=${token}` } }),
    ];
    for (const answer of tries)
      expect([answer.status, answer.json.detail]).toEqual([401, 'Not authenticated']);
    const asKey = await get().call('GET', '/users/me', { headers: { 'x-api-key': token } });
    expect([asKey.status, asKey.json.detail]).toEqual([401, 'Could not validate credentials']);
  });
});

describeEachServer('seed: require_role, require_admin, require_active_user', {}, (get) => {
  it('require_role admits the role and admin: others 403 "Insufficient permissions"', async () => {
    const statuses: Record<string, number> = {};
    for (const role of ['user', 'moderator', 'admin'] as const) {
      const { access_token: token } = await get().person(role);
      const answer = await get().call('GET', '/users', { token });
      statuses[role] = answer.status;
      if (answer.status === 403) expect(answer.json.detail).toBe('Insufficient permissions');
    }
    expect(statuses).toEqual({ user: 403, moderator: 200, admin: 200 });
  });

  it('require_admin admits admin alone: others 403 "Admin access required"', async () => {
    const victim = await get().person();
    const path = `/users/${victim.id}`;
    const routes = [
      ['GET', path],
      ['PATCH', path],
      ['DELETE', path],
      ['DELETE', `${path}/sessions`],
      ['GET', '/events'],
    ] as const;
    for (const role of ['user', 'moderator'] as const) {
      const { access_token: token } = await get().person(role);
      for (const [method, url] of routes) {
        // What the body would have been is not even looked at.
        const answer = await get().call(method, url, {
          token,
          ...(method === 'PATCH' && { json: { role: 'x' } }),
        });
        expect([url, answer.status, answer.json.detail]).toEqual([url, 403, 'Admin access required']);
        expect(answer.headers['www-authenticate']).toBeUndefined();
      }
    }
    expect((await get().call('GET', '/users/me', { token: victim.access_token })).status).toBe(200);
  });

  it('admin: delete_user answers {"message": "User deleted successfully"}', async () => {
    const admin = await get().person('admin');
    const victim = await get().person();
    const answer = await get().call('DELETE', `/users/${victim.id}`, { token: admin.access_token });
    expect([answer.status, answer.json]).toEqual([200, { message: 'User deleted successfully' }]);
  });

  it('require_active_user: 403 "Account is disabled" from every guard, on the very next request', async () => {
    const admin = await get().person('admin');
    for (const role of ['user', 'moderator', 'admin'] as const) {
      const person = await get().person(role);
      const token = person.access_token;
      await get().call('PATCH', `/users/${person.id}`, {
        token: admin.access_token,
        json: { is_active: false },
      });
      for (const path of ['/users/me', '/users', `/users/${person.id}`, '/events']) {
        const answer = await get().call('GET', path, { token });
        expect([path, answer.status, answer.json.detail]).toEqual([path, 403, 'Account is disabled']);
      }
      const logout = await get().call('POST', '/auth/logout', { token });
      expect([logout.status, logout.json.detail]).toEqual([403, 'Account is disabled']);
    }
  });

  it('a role is what the database says: the same token rises and falls with it', async () => {
    const { id, access_token: token } = await get().person();
    const status = async () => (await get().call('GET', '/events', { token })).status;
    expect(await status()).toBe(403);
    await get().update(id, { role: 'admin' });
    expect(await status()).toBe(200);
    await get().person('admin');
    await get().update(id, { role: 'moderator' });
    expect(await status()).toBe(403);
    expect((await get().call('GET', '/users', { token })).status).toBe(200);
  });
});
