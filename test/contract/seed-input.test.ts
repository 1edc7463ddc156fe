import { expect, it } from 'vitest';
import { describeEachServer, password, type TestServer } from '../support/wire.js';

const register = (server: TestServer, fields: Record<string, unknown>) =>
  server.call('POST', '/auth/register', {
    json: { email: 'input@example.org', username: 'input', password, ...fields },
  });

describeEachServer('seed: SecureUserInput', {}, (get) => {
  it('username: letters, numbers and underscores, 3 to 50, kept in lower case', async () => {
    const made = await register(get(), { email: 'name@example.org', username: 'Alice_In_7' });
    expect([made.status, made.json.username]).toEqual([201, 'alice_in_7']);
    for (const username of [
      'ab',
      'x'.repeat(51),
      'a-b-c',
      'a b c',
      'abc\n',
      'älice',
      'abc\u0000',
      '',
      'K\u212Aelvin',
    ])
      expect((await register(get(), { username })).json.detail[0].loc).toEqual(['body', 'username']);
    const { detail } = (await register(get(), { username: 'a-b-c' })).json;
    expect(detail[0].msg).toBe('Value error, Username can only contain letters, numbers, and underscores');
  });

  it('email: EmailStr', async () => {
    for (const email of [
      '',
      'a',
      'a@',
      '@example.org',
      'a@b',
      'a b@example.org',
      'a@example..org',
      'a@1.2.3.4',
      7,
    ])
      expect((await register(get(), { email })).json.detail[0].loc).toEqual(['body', 'email']);
  });

  it('bio: at most 500 before stripping, then < > " \' are removed and it is stripped', async () => {
    const bio = `  <script>alert("it's")</script> `;
    const made = await register(get(), { email: 'bio@example.org', username: 'bio_one', bio });
    expect([made.status, made.json.bio]).toEqual([201, 'scriptalert(its)/script']);
    const longest = await register(get(), {
      email: 'b2@example.org',
      username: 'bio_two',
      bio: '<'.repeat(500),
    });
    expect([longest.status, longest.json.bio]).toEqual([201, '']);
    const tooLong = await register(get(), { bio: '<'.repeat(501) });
    expect(tooLong.status).toBe(422);
    expect(tooLong.json.detail[0]).toMatchObject({ loc: ['body', 'bio'], type: 'string_too_long' });
  });
});

describeEachServer(
  'seed: SECURITY_SANITIZE_BIO=false keeps a bio as it is',
  { env: { SECURITY_SANITIZE_BIO: 'no' } },
  (get) => {
    it('stores what was sent', async () => {
      const bio = ' <b>"hi"</b> ';
      expect((await register(get(), { bio })).json.bio).toBe(bio);
    });
  },
);

describeEachServer('seed: use parameterized queries', {}, (get) => {
  const attacks = [
    "' OR '1'='1",
    "'; DROP TABLE sallyport_accounts; --",
    '%',
    '_%',
    '\\',
    "x' UNION SELECT 1 --",
    '"*',
    'a" OR "b',
  ];

  it('search takes every character for itself', async () => {
    const admin = await get().person('admin');
    await get().update(admin.id, { fullName: 'Alice Liddell' });
    for (const attack of attacks) {
      const search = encodeURIComponent(attack.padEnd(2, attack));
      const answer = await get().call('GET', `/users?search=${search}`, { token: admin.access_token });
      expect([attack, answer.status, answer.json.items]).toEqual([attack, 200, []]);
    }
    const still = await get().call('GET', '/users?search=liddell', { token: admin.access_token });
    expect(still.json.items).toHaveLength(1);
    await get().update(admin.id, { fullName: "100%_sure \\ O'Hara; --" });
    for (const [search, found] of [
      ['100%_s', 1],
      ["o'hara;", 1],
      ['\\ O', 1],
      ['100x_s', 0],
      ['%_%', 0],
    ] as const) {
      const path = `/users?search=${encodeURIComponent(search)}`;
      const { json } = await get().call('GET', path, { token: admin.access_token });
      expect([search, json.items.length]).toEqual([search, found]);
    }
  });

  it('sign-in takes every identifier for itself', async () => {
    for (const attack of attacks) {
      const form = { username: attack, password: attack };
      expect((await get().call('POST', '/auth/token', { form })).status).toBe(401);
    }
  });
});
