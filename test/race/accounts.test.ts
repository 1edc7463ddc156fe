import { describe, expect, test } from 'vitest';
import { type Answer, describeEachServer, password, type TestServer } from '../support/wire.js';

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status).sort();
const rounds = 5;
let people = 0;
const fresh = (name: string): string => `${name}_${++people}`;

const register = (server: TestServer, email: string, username: string) =>
  server.call('POST', '/auth/register', { json: { email, username, password } });
const signIn = (server: TestServer, username: string, given = password) =>
  server.call('POST', '/auth/token', { form: { username, password: given } });
const refresh = (server: TestServer, token: string) =>
  server.call('POST', '/auth/token', { form: { grant_type: 'refresh_token', refresh_token: token } });
const me = (server: TestServer, token: string) => server.call('GET', '/users/me', { token });

/** Of these answers every session that was granted is tried: none may open anything. */
async function expectAllDead(server: TestServer, answers: readonly Answer[], status: number): Promise<void> {
  for (const { json } of answers.filter((answer) => answer.status === 200)) {
    expect((await me(server, json.access_token)).status).toBe(status);
    expect((await refresh(server, json.refresh_token)).status).toBe(400);
  }
}

describeEachServer('at the same time', {}, (get) => {
  test('twenty register one e-mail: one 201, nineteen "Email already registered"', async () => {
    const email = `${fresh('same')}@example.org`;
    const answers = await Promise.all(times(20, () => register(get(), email, fresh('someone'))));
    expect(statuses(answers)).toEqual([201, ...times(19, () => 400)].sort());
    for (const { json } of answers.filter(({ status }) => status === 400))
      expect(json.detail).toBe('Email already registered');
  });

  test('twenty register one username in every case: one 201, nineteen "Username already taken"', async () => {
    const name = fresh('only');
    const spelled = (i: number) => (i % 2 === 0 ? name : name.toUpperCase());
    const answers = await Promise.all(
      times(20, (i) => register(get(), `${fresh('other')}@example.org`, spelled(i))),
    );
    expect(statuses(answers).filter((status) => status === 201)).toHaveLength(1);
    for (const { json } of answers.filter(({ status }) => status !== 201))
      expect(json.detail).toBe('Username already taken');
  });

  test('an account is disabled while it signs in and refreshes: no session survives, enabling revives none', async () => {
    for (const _ of times(rounds, (i) => i)) {
      const person = await get().person('user', fresh('shut'));
      const [, ...answers] = await Promise.all([
        get().update(person.id, { isActive: false }),
        ...times(4, () => signIn(get(), person.username)),
        refresh(get(), person.refresh_token),
      ]);
      for (const { status } of answers) expect([200, 400, 403]).toContain(status);
      const tokens = answers.filter(({ status }) => status === 200).map(({ json }) => json);
      for (const { access_token: token } of [person, ...tokens])
        expect((await me(get(), token)).status).toBe(403);
      await get().update(person.id, { isActive: true });
      expect((await me(get(), person.access_token)).status).toBe(401);
      await expectAllDead(get(), answers, 401);
    }
  });

  test('a password is changed while the old one signs in and other sessions refresh: none of them survives', async () => {
    for (const _ of times(rounds, (i) => i)) {
      const person = await get().person('user', fresh('changer'));
      const other = await get().signIn(person.username);
      const json = { current_password: password, new_password: 'Looking-Glass-1871' };
      const [changed, ...answers] = await Promise.all([
        get().call('POST', '/users/me/password', { token: person.access_token, json }),
        ...times(4, () => signIn(get(), person.username)),
        refresh(get(), other.refresh_token),
      ]);
      expect(changed?.status).toBe(204);
      for (const { status } of answers) expect([200, 400, 401]).toContain(status);
      await expectAllDead(get(), answers, 401);
      expect((await me(get(), person.access_token)).status).toBe(200);
      expect((await signIn(get(), person.username)).status).toBe(401);
    }
  });

  test('two sessions change the password: exactly one wins, and its password alone holds', async () => {
    for (const _ of times(rounds, (i) => i)) {
      const person = await get().person('user', fresh('twice'));
      const sessions = [person, await get().signIn(person.username)];
      const wanted = ['First-Password-1', 'Second-Password-2'];
      const answers = await Promise.all(
        sessions.map(({ access_token: token }, i) =>
          get().call('POST', '/users/me/password', {
            token,
            json: { current_password: password, new_password: wanted[i] },
          }),
        ),
      );
      const winner = answers.findIndex(({ status }) => status === 204);
      expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
      expect([400, 401]).toContain(answers[1 - winner]?.status);
      expect((await signIn(get(), person.username, wanted[winner])).status).toBe(200);
      expect((await signIn(get(), person.username, wanted[1 - winner])).status).toBe(401);
      expect((await me(get(), sessions[1 - winner]?.access_token ?? '')).status).toBe(401);
    }
  });

  test('an account is deleted while it signs in and refreshes: no 5xx, and nothing of it is left', async () => {
    for (const _ of times(rounds, (i) => i)) {
      const person = await get().person('user', fresh('leaver'));
      const { access_token: token } = person;
      const [deleted, ...answers] = await Promise.all([
        get().call('DELETE', '/users/me', { token, json: { password } }),
        ...times(4, () => signIn(get(), person.username)),
        ...times(2, () => refresh(get(), person.refresh_token)),
        get().call('PATCH', '/users/me', { token, json: { bio: 'going' } }),
      ]);
      expect(deleted?.status).toBe(204);
      for (const { status } of answers) expect([200, 400, 401, 404]).toContain(status);
      expect((await me(get(), token)).status).toBe(401);
      await expectAllDead(
        get(),
        answers.filter(({ json }) => json?.access_token),
        401,
      );
    }
  });

  test('a session is logged out while it is refreshed: whatever the refresh gave is dead', async () => {
    for (const _ of times(rounds, (i) => i)) {
      const person = await get().person('user', fresh('logout'));
      const [out, ...answers] = await Promise.all([
        get().call('POST', '/auth/logout', { token: person.access_token }),
        ...times(3, () => refresh(get(), person.refresh_token)),
      ]);
      expect(out?.status).toBe(204);
      for (const { status } of answers) expect([200, 400]).toContain(status);
      await expectAllDead(get(), answers, 401);
    }
  });
});

describe('who may be left without an admin: nobody', () => {
  const ways = {
    delete: { method: 'DELETE', json: undefined },
    demote: { method: 'PATCH', json: { role: 'user' } },
    disable: { method: 'PATCH', json: { is_active: false } },
  } as const;
  for (const [name, { method, json }] of Object.entries(ways))
    describeEachServer(`two admins ${name} each other`, {}, (get) => {
      test(`${rounds} times, and one survives each time`, async () => {
        for (const _ of times(rounds, (i) => i)) {
          const pair = [await get().person('admin', fresh('ann')), await get().person('admin', fresh('bob'))];
          const answers = await Promise.all(
            pair.map(({ access_token: token }, i) =>
              get().call(method, `/users/${pair[1 - i]?.id}`, { token, json }),
            ),
          );
          for (const { status } of answers) expect([200, 401, 403, 409]).toContain(status);
          expect(statuses(answers).filter((status) => status === 200)).toHaveLength(1);
          const survivor = pair[answers.findIndex(({ status }) => status === 200)];
          const seen = await me(get(), survivor?.access_token ?? '');
          expect(seen.json).toMatchObject({ role: 'admin', is_active: true });
          // The next round's pair must be the only admins again; the flows would refuse to take the last one away.
          await removeAdmin(get(), survivor?.id ?? '');
        }
      });
    });
});

const removeAdmin = (server: TestServer, id: string) =>
  server.store.db.updateTable('sallyport_accounts').set({ role: 'user' }).where('id', '=', id).execute();
