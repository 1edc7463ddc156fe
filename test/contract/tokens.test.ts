import { expect, it } from 'vitest';
import { describeEachServer, password, type TestServer } from '../support/wire.js';

const minute = 60_000;
const day = 24 * 60 * minute;

const refresh = (server: TestServer, refreshToken: string) =>
  server.call('POST', '/auth/token', { form: { grant_type: 'refresh_token', refresh_token: refreshToken } });
const me = async (server: TestServer, token: string) =>
  (await server.call('GET', '/users/me', { token })).status;
const revoke = (server: TestServer, form: Record<string, string>) =>
  server.call('POST', '/auth/revoke', { form });

async function assertDead(server: TestServer, refreshToken: string): Promise<void> {
  const answer = await refresh(server, refreshToken);
  expect(answer.status).toBe(400);
  expect(answer.json).toEqual({
    detail: 'Invalid refresh token',
    error: 'invalid_grant',
    code: 'invalid_grant',
    request_id: answer.headers['x-request-id'],
  });
}

describeEachServer('refresh', {}, (get) => {
  it('rotates the pair, both tokens new, no device token, not to be stored', async () => {
    const person = await get().person();
    get().clock.forward(1000);
    const answer = await refresh(get(), person.refresh_token);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.json).sort()).toEqual([
      'access_token',
      'expires_in',
      'refresh_token',
      'token_type',
    ]);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json.refresh_token).not.toBe(person.refresh_token);
    expect(answer.json.access_token).not.toBe(person.access_token);
    expect(await me(get(), answer.json.access_token)).toBe(200);
  });

  it('within the grace the same old token gives the same successor: the loser of two tabs stays signed in', async () => {
    const { refresh_token: old } = await get().person();
    const first = await refresh(get(), old);
    get().clock.forward(9_999);
    const second = await refresh(get(), old);
    expect([second.status, second.json.refresh_token]).toEqual([200, first.json.refresh_token]);
    expect((await refresh(get(), first.json.refresh_token)).status).toBe(200);
  });

  it('after the grace a second use ends the family: 400 invalid_grant, access tokens 401', async () => {
    const { refresh_token: old, access_token: token } = await get().person();
    const first = await refresh(get(), old);
    get().clock.forward(10_000);
    expect(await me(get(), first.json.access_token)).toBe(200);
    await assertDead(get(), old);
    await assertDead(get(), first.json.refresh_token);
    expect(await me(get(), first.json.access_token)).toBe(401);
    expect(await me(get(), token)).toBe(401);
  });

  it('within the grace too, once the successor was presented', async () => {
    const { refresh_token: old, username } = await get().person();
    const other = await get().signIn(username);
    const first = await refresh(get(), old);
    const second = await refresh(get(), first.json.refresh_token);
    await assertDead(get(), old);
    await assertDead(get(), second.json.refresh_token);
    // Another sign-in of the same account is another family.
    expect((await refresh(get(), other.refresh_token)).status).toBe(200);
  });

  it.each(['', 'x', 'A'.repeat(43), 'a.b.c', '\u0000', 'x'.repeat(4000)])('refuses %j', async (token) => {
    const answer = await refresh(get(), token);
    expect([400, 422]).toContain(answer.status);
    if (token !== '') expect(answer.json.error).toBe('invalid_grant');
  });

  it('is no access token, and an access token is no refresh token', async () => {
    const person = await get().person();
    expect(await me(get(), person.refresh_token)).toBe(401);
    expect(await me(get(), person.device_token)).toBe(401);
    await assertDead(get(), person.access_token);
    await assertDead(get(), person.device_token);
  });

  it('ends absolutely after 7 days, however often it was rotated, and no access token outlives it', async () => {
    let { refresh_token: token } = await get().person();
    for (let n = 1; n <= 6; n += 1) {
      get().clock.forward(day);
      token = (await refresh(get(), token)).json.refresh_token;
    }
    get().clock.forward(day - 10 * minute);
    const last = await refresh(get(), token);
    expect([last.status, last.json.expires_in]).toEqual([200, 600]);
    get().clock.forward(10 * minute);
    await assertDead(get(), last.json.refresh_token);
    expect(await me(get(), last.json.access_token)).toBe(401);
  });
});

describeEachServer(
  'SECURITY_JWT_REFRESH_GRACE_SECONDS=0',
  { env: { SECURITY_JWT_REFRESH_GRACE_SECONDS: '0' } },
  (get) => {
    it('every second use ends the family', async () => {
      const { refresh_token: old } = await get().person();
      const first = await refresh(get(), old);
      await assertDead(get(), old);
      await assertDead(get(), first.json.refresh_token);
    });
  },
);

describeEachServer('an access token', {}, (get) => {
  it('lives 30 minutes by the clock', async () => {
    const { access_token: token } = await get().person();
    get().clock.forward(30 * minute - 1000);
    expect(await me(get(), token)).toBe(200);
    get().clock.forward(1000);
    expect(await me(get(), token)).toBe(401);
  });

  it('is an RFC 9068 token: at+jwt, iss, aud, sub, sid, jti, iat, exp, client_id; never a role or a name', async () => {
    const person = await get().person('admin');
    const [header, payload] = person.access_token
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    expect(header).toMatchObject({ alg: 'HS256', typ: 'at+jwt' });
    expect(Object.keys(payload).sort()).toEqual([
      'aud',
      'client_id',
      'exp',
      'iat',
      'iss',
      'jti',
      'sid',
      'sub',
    ]);
    expect(payload).toMatchObject({ sub: person.id, iss: 'http://127.0.0.1', aud: 'http://127.0.0.1' });
    expect(payload.exp - payload.iat).toBe(1800);
  });
});

describeEachServer('RFC 7009 revoke', {}, (get) => {
  it('ends the session by either token, whatever the hint: always 200', async () => {
    for (const [which, hint] of [
      ['access_token', 'access_token'],
      ['refresh_token', 'refresh_token'],
      ['refresh_token', 'access_token'],
      ['access_token', 'nonsense'],
    ] as const) {
      const person = await get().person();
      const answer = await revoke(get(), { token: person[which], token_type_hint: hint });
      expect([answer.status, answer.json]).toEqual([200, {}]);
      expect(await me(get(), person.access_token)).toBe(401);
      await assertDead(get(), person.refresh_token);
      expect((await revoke(get(), { token: person[which] })).status).toBe(200);
    }
  });

  it('an unknown token is 200, a missing one 422', async () => {
    for (const token of ['x', 'a.b.c', 'A'.repeat(43), '\u0000'])
      expect((await revoke(get(), { token })).status).toBe(200);
    for (const form of [{}, { token: '' }, { token_type_hint: 'access_token' }]) {
      const answer = await revoke(get(), form as Record<string, string>);
      expect([answer.status, answer.json.detail[0].loc]).toEqual([422, ['body', 'token']]);
    }
  });

  it('tolerates client authentication in the body or by Basic, and judges none', async () => {
    const person = await get().person();
    const headers = { authorization: `Basic ${Buffer.from('web:x').toString('base64')}` };
    const form = { token: person.refresh_token, client_id: 'web', client_secret: 'x' };
    expect((await get().call('POST', '/auth/revoke', { form, headers })).status).toBe(200);
    expect(await me(get(), person.access_token)).toBe(401);
  });

  it('ends no other session', async () => {
    const person = await get().person();
    const other = await get().signIn(person.username);
    await revoke(get(), { token: person.refresh_token });
    expect(await me(get(), other.access_token)).toBe(200);
  });
});

describeEachServer('tokens die at once', {}, (get) => {
  it('on logout: this session, no other', async () => {
    const person = await get().person();
    const other = await get().signIn(person.username);
    const answer = await get().call('POST', '/auth/logout', { token: person.access_token });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(await me(get(), person.access_token)).toBe(401);
    await assertDead(get(), person.refresh_token);
    expect(await me(get(), other.access_token)).toBe(200);
  });

  it('on a password change: every session but the one that changed it', async () => {
    const person = await get().person();
    const others = [await get().signIn(person.username), await get().signIn(person.username)];
    const json = { current_password: password, new_password: 'Looking-Glass-1871' };
    const token = person.access_token;
    expect((await get().call('POST', '/users/me/password', { token, json })).status).toBe(204);
    for (const other of others) {
      expect(await me(get(), other.access_token)).toBe(401);
      await assertDead(get(), other.refresh_token);
    }
    expect(await me(get(), token)).toBe(200);
    expect((await refresh(get(), person.refresh_token)).status).toBe(200);
  });

  it('on deletion: 401, by the owner or by an admin', async () => {
    const own = await get().person();
    await get().call('DELETE', '/users/me', { token: own.access_token, json: { password } });
    const admin = await get().person('admin');
    const other = await get().person();
    await get().call('DELETE', `/users/${other.id}`, { token: admin.access_token });
    for (const gone of [own, other]) {
      expect(await me(get(), gone.access_token)).toBe(401);
      await assertDead(get(), gone.refresh_token);
      expect((await revoke(get(), { token: gone.access_token })).status).toBe(200);
    }
  });

  it('of a disabled account: 403 at the next request, 403 at a right sign-in, 401 at a wrong one; not revived', async () => {
    const person = await get().person();
    const { username } = person;
    await get().update(person.id, { isActive: false });
    const next = await get().call('GET', '/users/me', { token: person.access_token });
    expect([next.status, next.json.detail]).toEqual([403, 'Account is disabled']);
    const right = await get().call('POST', '/auth/token', { form: { username, password } });
    expect([right.status, right.json.detail, right.json.code]).toEqual([
      403,
      'Account is disabled',
      'account_disabled',
    ]);
    const wrong = await get().call('POST', '/auth/token', { form: { username, password: 'Wrong-1865' } });
    expect([wrong.status, wrong.json.detail]).toEqual([401, 'Incorrect username or password']);
    await assertDead(get(), person.refresh_token);
    await get().update(person.id, { isActive: true });
    expect(await me(get(), person.access_token)).toBe(401);
    await assertDead(get(), person.refresh_token);
    const fresh = await get().signIn(username);
    expect(await me(get(), fresh.access_token)).toBe(200);
  });

  it('of a demoted account: judged by the new role with the same token', async () => {
    await get().person('admin');
    const person = await get().person('admin');
    const status = async (path: string) =>
      (await get().call('GET', path, { token: person.access_token })).status;
    expect(await status('/events')).toBe(200);
    await get().update(person.id, { role: 'user' });
    expect([await status('/events'), await status('/users'), await status('/users/me')]).toEqual([
      403, 403, 200,
    ]);
  });
});
