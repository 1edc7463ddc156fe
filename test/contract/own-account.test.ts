import { expect, it } from 'vitest';
import { describeEachServer, password } from '../support/wire.js';

const fields = ['bio', 'created_at', 'email', 'full_name', 'id', 'is_active', 'role', 'username'];
const absentId = '01890a5d-ac96-774b-bcce-b302099a8057';

describeEachServer('GET and PATCH /users/me', {}, (get) => {
  it('gives the own account: these fields and nothing else', async () => {
    const person = await get().person();
    const { status, json } = await get().call('GET', '/users/me', { token: person.access_token });
    expect([status, Object.keys(json).sort()]).toEqual([200, fields]);
    expect(json).toMatchObject({ id: person.id, email: person.email, username: person.username });
  });

  it('changes full_name and bio; what is absent stays, null empties', async () => {
    const { access_token: token } = await get().person();
    const patch = async (json: unknown) => (await get().call('PATCH', '/users/me', { token, json })).json;
    expect(await patch({ full_name: 'Alice Liddell', bio: '<b>hi</b>' })).toMatchObject({
      full_name: 'Alice Liddell',
      bio: 'bhi/b',
    });
    expect(await patch({ bio: 'other' })).toMatchObject({ full_name: 'Alice Liddell', bio: 'other' });
    expect(await patch({})).toMatchObject({ full_name: 'Alice Liddell', bio: 'other' });
    const emptied = await patch({ full_name: null, bio: null });
    expect(emptied).toMatchObject({ full_name: null, bio: null });
    expect(Object.keys(emptied).sort()).toEqual(fields);
    expect((await get().call('GET', '/users/me', { token })).json).toEqual(emptied);
  });

  it.each(['role', 'id', 'is_active', 'email', 'username', 'password', 'created_at', 'unheard_of'])(
    'refuses to change %s: the body is closed',
    async (field) => {
      const { access_token: token } = await get().person();
      const before = await get().call('GET', '/users/me', { token });
      const answer = await get().call('PATCH', '/users/me', { token, json: { bio: 'x', [field]: 'admin' } });
      expect([answer.status, answer.json.detail]).toEqual([
        422,
        [{ loc: ['body', field], msg: 'Extra inputs are not permitted', type: 'extra_forbidden' }],
      ]);
      expect((await get().call('GET', '/users/me', { token })).json).toEqual(before.json);
    },
  );

  it.each([
    ['101 characters', 'x'.repeat(101)],
    ['a line end', 'Alice\nLiddell'],
    ['a NUL', 'Alice\u0000'],
    ['an escape', 'Alice\u001b[31m'],
    ['a right-to-left override', 'Alice\u202eLiddell'],
    ['an isolate', '\u2066Alice\u2069'],
    ['a lone surrogate', 'Alice\ud800'],
    ['a number', 7],
  ])('refuses a full_name with %s', async (_what, fullName) => {
    const { access_token: token } = await get().person();
    const answer = await get().call('PATCH', '/users/me', { token, json: { full_name: fullName } });
    expect([answer.status, answer.json.detail[0].loc]).toEqual([422, ['body', 'full_name']]);
  });

  it('takes names of any script, 100 code points', async () => {
    const { access_token: token } = await get().person();
    for (const name of ['愛麗絲·里德爾', 'أليس ليدل', "O'Hara <3", '😀'.repeat(100)]) {
      const answer = await get().call('PATCH', '/users/me', { token, json: { full_name: name } });
      expect([answer.status, answer.json.full_name]).toEqual([200, name]);
    }
  });
});

describeEachServer('POST /users/me/password', {}, (get) => {
  it('changes it: 204, the old one opens nothing, the new one does', async () => {
    const { username, access_token: token } = await get().person();
    const json = { current_password: password, new_password: 'Looking-Glass-1871' };
    const changed = await get().call('POST', '/users/me/password', { token, json });
    expect([changed.status, changed.text]).toEqual([204, '']);
    const old = await get().call('POST', '/auth/token', { form: { username, password } });
    expect(old.status).toBe(401);
    await get().signIn(username, 'Looking-Glass-1871');
  });

  it('a wrong current one is 400 "Incorrect password"; a new one must pass the policy and differ', async () => {
    const { access_token: token } = await get().person();
    const post = (current_password: unknown, new_password: unknown) =>
      get().call('POST', '/users/me/password', { token, json: { current_password, new_password } });
    const wrong = await post('Wrong-1865', 'Looking-Glass-1871');
    expect([wrong.status, wrong.json.detail, wrong.json.code]).toEqual([
      400,
      'Incorrect password',
      'wrong_password',
    ]);
    for (const unfit of ['short', 'Password1', password, 'no-capital-7', 'x'.repeat(129), null]) {
      const answer = await post(password, unfit);
      expect([unfit, answer.status, answer.json.detail[0].loc]).toEqual([
        unfit,
        422,
        ['body', 'new_password'],
      ]);
    }
    expect((await get().call('GET', '/users/me', { token })).status).toBe(200);
  });
});

describeEachServer('DELETE /users/me', {}, (get) => {
  it('needs the password: wrong 400, missing 422; then 204 and the account is gone', async () => {
    const { username, email, access_token: token } = await get().person();
    const remove = (json: unknown) => get().call('DELETE', '/users/me', { token, json });
    const wrong = await remove({ password: 'Wrong-1865' });
    expect([wrong.status, wrong.json.detail]).toEqual([400, 'Incorrect password']);
    expect((await remove({})).status).toBe(422);
    expect((await get().call('DELETE', '/users/me', { token })).status).toBe(422);
    const done = await remove({ password });
    expect([done.status, done.text]).toEqual([204, '']);
    expect((await get().call('GET', '/users/me', { token })).status).toBe(401);
    for (const identifier of [username, email]) {
      const form = { username: identifier, password };
      expect((await get().call('POST', '/auth/token', { form })).status).toBe(401);
    }
    const again = await get().call('POST', '/auth/register', { json: { email, username, password } });
    expect(again.status).toBe(201);
  });
});

describeEachServer('the last admin cannot be removed, demoted or disabled: 409', {}, (get) => {
  it('by nobody, not by themselves; with a second admin all of it goes', async () => {
    const admin = await get().person('admin');
    const token = admin.access_token;
    const path = `/users/${admin.id}`;
    const tries = [
      await get().call('DELETE', '/users/me', { token, json: { password } }),
      await get().call('DELETE', path, { token }),
      await get().call('PATCH', path, { token, json: { role: 'moderator' } }),
      await get().call('PATCH', path, { token, json: { role: 'user', full_name: 'X' } }),
      await get().call('PATCH', path, { token, json: { is_active: false } }),
    ];
    for (const answer of tries)
      expect([answer.status, answer.json.detail, answer.json.code]).toEqual([
        409,
        'The last admin cannot be removed, demoted or disabled',
        'last_admin',
      ]);
    // A disabled admin does not count as a second one.
    const second = await get().person('admin');
    await get().call('PATCH', `/users/${second.id}`, { token, json: { is_active: false } });
    expect((await get().call('DELETE', path, { token })).status).toBe(409);
    await get().call('PATCH', `/users/${second.id}`, { token, json: { is_active: true } });
    expect((await get().call('PATCH', path, { token, json: { role: 'user' } })).status).toBe(200);
    expect((await get().call('DELETE', '/users/me', { token, json: { password } })).status).toBe(204);
    expect((await get().call('GET', `/users/${absentId}`, { token })).status).toBe(401);
  });
});
