import { expect, it } from 'vitest';
import { describeEachServer, password, type TestServer } from '../support/wire.js';

const register = (server: TestServer, json: unknown) => server.call('POST', '/auth/register', { json });
const userFields = ['bio', 'created_at', 'email', 'full_name', 'id', 'is_active', 'role', 'username'];

describeEachServer('seed: register', {}, (get) => {
  it('answers 201 with the user and nothing else, never a password or its hash', async () => {
    const answer = await register(get(), { email: 'r1@example.org', username: 'r_one', password });
    expect(answer.status).toBe(201);
    expect(Object.keys(answer.json).sort()).toEqual(userFields);
    expect(answer.json).toMatchObject({
      email: 'r1@example.org',
      username: 'r_one',
      full_name: null,
      bio: null,
      role: 'user',
      is_active: true,
    });
    expect(answer.json.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(answer.json.created_at).toBe(new Date(get().clock.now()).toISOString());
    expect(answer.text).not.toMatch(/password|\$2/);
  });

  it('refuses a taken e-mail, however it is written: 400 "Email already registered"', async () => {
    const { email } = await get().person();
    for (const taken of [email, email.toUpperCase(), email.replace('e', 'E')]) {
      const answer = await register(get(), { email: taken, username: `other_${taken.length}x`, password });
      expect([answer.status, answer.json.detail, answer.json.code]).toEqual([
        400,
        'Email already registered',
        'email_taken',
      ]);
    }
  });

  it('refuses a taken username, however it is written: 400 "Username already taken"', async () => {
    const { username } = await get().person();
    for (const taken of [username, username.toUpperCase()]) {
      const answer = await register(get(), { email: 'fresh@example.org', username: taken, password });
      expect([answer.status, answer.json.detail, answer.json.code]).toEqual([
        400,
        'Username already taken',
        'username_taken',
      ]);
    }
  });

  it.each(['role', 'id', 'is_active', 'created_at', 'password_hash', 'is_superuser'])(
    'refuses the field %s: the body is closed',
    async (field) => {
      const body = { email: 'closed@example.org', username: 'closed', password, [field]: 'admin' };
      const answer = await register(get(), body);
      expect(answer.status).toBe(422);
      expect(answer.json.detail).toEqual([
        { loc: ['body', field], msg: 'Extra inputs are not permitted', type: 'extra_forbidden' },
      ]);
    },
  );

  it('lists every missing field', async () => {
    const answer = await register(get(), {});
    expect(answer.status).toBe(422);
    expect(answer.json.detail).toEqual(
      ['email', 'username', 'password'].map((field) => ({
        loc: ['body', field],
        msg: 'Field required',
        type: 'missing',
      })),
    );
  });

  it('needs no token, and a bad one changes nothing', async () => {
    const json = { email: 'free@example.org', username: 'free_one', password };
    expect((await get().call('POST', '/auth/register', { json, token: 'a.b.c' })).status).toBe(201);
  });
});
