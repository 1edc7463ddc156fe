import { expect, it } from 'vitest';
import { describeEachServer, password, startServer, type TestServer } from '../support/wire.js';

const hashOf = async (server: TestServer, id: string): Promise<string> => {
  const query = server.store.db.selectFrom('sallyport_accounts').select('password_hash').where('id', '=', id);
  return (await query.executeTakeFirstOrThrow()).password_hash;
};

const register = (server: TestServer, username: string, given: string) =>
  server.call('POST', '/auth/register', {
    json: { email: `${username}@example.org`, username, password: given },
  });

describeEachServer(
  'seed: use bcrypt for password hashing (12 rounds)',
  { env: { SECURITY_BCRYPT_ROUNDS: '12' } },
  (get) => {
    it('stores $2b$12$ and signs in by it', async () => {
      const person = await get().person();
      expect(await hashOf(get(), person.id)).toMatch(/^\$2b\$12\$[./A-Za-z0-9]{53}$/);
    });
  },
);

describeEachServer('seed: never store plaintext passwords', {}, (get) => {
  it('keeps a salted hash: the same password twice is two hashes, and no row holds it in clear', async () => {
    const [one, other] = [await get().person(), await get().person()];
    const hashes = [await hashOf(get(), one.id), await hashOf(get(), other.id)];
    expect(hashes[0]).not.toBe(hashes[1]);
    const rows = await get().store.db.selectFrom('sallyport_accounts').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(password);
  });

  it('counts all of a long password: neither its first 72 bytes nor a longer one open', async () => {
    const long = `Aa1${'x'.repeat(97)}`;
    const made = await register(get(), 'long_password', long);
    expect(made.status).toBe(201);
    expect(await hashOf(get(), made.json.id)).toMatch(/^\$bcrypt-sha256\$v=2,/);
    await get().signIn('long_password', long);
    for (const wrong of [long.slice(0, 72), long.slice(0, 99), `${long}x`]) {
      const form = { username: 'long_password', password: wrong };
      expect((await get().call('POST', '/auth/token', { form })).status).toBe(401);
    }
  });
});

it('seed: deprecated="auto": a hash of another cost is renewed at sign-in, and at sign-in alone', async () => {
  const cheap = await startServer('sqlite', { env: { SECURITY_BCRYPT_ROUNDS: '4' } });
  const person = await cheap.server.person('user', 'renewed');
  expect(await hashOf(cheap.server, person.id)).toMatch(/^\$2b\$04\$/);
  const dear = await startServer('sqlite', {
    env: { SECURITY_BCRYPT_ROUNDS: '5' },
    database: cheap.database,
  });
  try {
    const wrong = await dear.server.call('POST', '/auth/token', {
      form: { username: 'renewed', password: 'no' },
    });
    expect(wrong.status).toBe(401);
    expect(await hashOf(dear.server, person.id)).toMatch(/^\$2b\$04\$/);
    const { device_token: before } = person;
    await dear.server.signIn('renewed', password, { device_token: before });
    expect(await hashOf(dear.server, person.id)).toMatch(/^\$2b\$05\$/);
    // A new hash of the same password is no new password: sessions live on.
    expect((await dear.server.call('GET', '/users/me', { token: person.access_token })).status).toBe(200);
    await dear.server.signIn('renewed');
  } finally {
    await dear.stop();
    await cheap.stop();
  }
});

describeEachServer('seed: password_min_length, _require_uppercase, _require_numbers', {}, (get) => {
  it.each([
    ['seven characters', 'Abcde1x'],
    ['no capital', 'wonderland-1865'],
    ['no number', 'Wonderland-land'],
    ['a common one', 'Password1'],
    ['the username in it', 'Xpolicy_person1'],
    ['129 characters', `Aa1${'x'.repeat(126)}`],
  ])('refuses %s with a list that does not repeat it', async (_what, refused) => {
    const answer = await register(get(), 'policy_person', refused);
    expect(answer.status).toBe(422);
    expect(answer.json.code).toBe('validation_failed');
    for (const issue of answer.json.detail) {
      expect(issue.loc).toEqual(['body', 'password']);
      expect(Object.keys(issue).sort()).toEqual(['loc', 'msg', 'type']);
    }
    expect(answer.text).not.toContain(refused);
  });

  it('counts code points, asks for no symbol, and takes 8', async () => {
    expect((await register(get(), 'emoji_short', 'Aa1😀😀😀😀')).status).toBe(422);
    expect((await register(get(), 'emoji_enough', 'Aa1😀😀😀😀😀')).status).toBe(201);
    expect((await register(get(), 'no_symbol', 'Jabberwk7')).status).toBe(201);
  });
});

describeEachServer(
  'seed: the password settings come from the environment',
  { env: { SECURITY_PASSWORD_MIN_LENGTH: '12', SECURITY_PASSWORD_REQUIRE_SYMBOLS: 'true' } },
  (get) => {
    it('asks for twelve characters and a symbol', async () => {
      expect((await register(get(), 'by_setting', 'Jabberwk7-')).status).toBe(422);
      expect((await register(get(), 'by_setting', 'Jabberwock17')).status).toBe(422);
      expect((await register(get(), 'by_setting', 'Jabberwock-17')).status).toBe(201);
    });
  },
);
