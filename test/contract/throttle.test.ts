import { expect, it } from 'vitest';
import { type Answer, describeEachServer, password, type TestServer } from '../support/wire.js';

/** Under DEBUG every limit is off but this one. The proxy's word gives a test as many addresses as it needs. */
const env = { DEBUG: 'true', TRUSTED_PROXIES: '127.0.0.1/32' };

const signIn = (
  server: TestServer,
  username: string,
  given: string,
  address = '203.0.113.1',
  more: Record<string, string> = {},
): Promise<Answer> =>
  server.call('POST', '/auth/token', {
    form: { username, password: given, ...more },
    headers: { 'x-forwarded-for': address },
  });

async function fail(
  server: TestServer,
  username: string,
  times: number,
  address?: string,
): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < times; n += 1)
    statuses.push((await signIn(server, username, 'Wrong-1865', address)).status);
  return statuses;
}

/** Guesses as one who waits as told; gives the waits in seconds. */
async function waits(server: TestServer, username: string, times: number): Promise<number[]> {
  const seconds: number[] = [];
  while (seconds.length < times) {
    const { status, headers } = await signIn(server, username, 'Wrong-1865');
    if (status !== 429) continue;
    const wait = Number(headers['retry-after']);
    seconds.push(wait);
    server.clock.forward(wait * 1000);
  }
  return seconds;
}

describeEachServer('the throttle on failed passwords', { env }, (get) => {
  it('from the 6th failure 1 s, doubling to 15 minutes: 429 with Retry-After', async () => {
    const { username } = await get().person();
    expect(await fail(get(), username, 6)).toEqual([401, 401, 401, 401, 401, 401]);
    const refused = await signIn(get(), username, 'Wrong-1865');
    expect([refused.status, refused.json.detail, refused.headers['retry-after']]).toEqual([
      429,
      'Too Many Requests',
      '1',
    ]);
    expect(await waits(get(), username, 12)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  });

  it('the right password is refused while it is closed, and starts over once it is open', async () => {
    const { username } = await get().person();
    await fail(get(), username, 7);
    expect((await signIn(get(), username, password)).status).toBe(429);
    get().clock.forward(1000);
    expect((await signIn(get(), username, password)).status).toBe(200);
    expect(await fail(get(), username, 6)).toEqual([401, 401, 401, 401, 401, 401]);
  });

  it('a closed throttle counts nothing: who waits comes in', async () => {
    const { username } = await get().person();
    await fail(get(), username, 6);
    expect(await fail(get(), username, 20)).toEqual(Array.from({ length: 20 }, () => 429));
    get().clock.forward(1000);
    expect((await signIn(get(), username, password)).status).toBe(200);
  });

  it('e-mail and username share it, however they are written', async () => {
    const { username, email } = await get().person();
    for (const identifier of [username, email, username.toUpperCase(), email.toUpperCase(), username, email])
      expect((await signIn(get(), identifier, 'Wrong-1865')).status).toBe(401);
    for (const identifier of [username, email])
      expect((await signIn(get(), identifier, password)).status).toBe(429);
  });

  it('an unknown user is throttled alike', async () => {
    const { username } = await get().person();
    const shown = async (name: string) => {
      const answers: unknown[] = [];
      for (let n = 0; n < 8; n += 1) {
        const { status, json, headers } = await signIn(get(), name, 'Wrong-1865');
        answers.push([status, json.detail, json.code, headers['retry-after']]);
      }
      return answers;
    };
    expect(await shown('nobody_of_that_name')).toEqual(await shown(username));
    expect((await signIn(get(), 'NOBODY_of_that_name', 'x')).status).toBe(429);
  });

  it('counts by account and address: another address and another account are free', async () => {
    const [one, other] = [await get().person(), await get().person()];
    await fail(get(), one.username, 6, '203.0.113.50');
    expect((await signIn(get(), one.username, password, '203.0.113.50')).status).toBe(429);
    expect((await signIn(get(), one.username, password, '203.0.113.51')).status).toBe(200);
    expect((await signIn(get(), other.username, password, '203.0.113.50')).status).toBe(200);
  });

  it("100 failures an hour for an account from everywhere; its device_token passes, a stranger's does not", async () => {
    const [person, stranger] = [await get().person(), await get().person()];
    for (let n = 0; n < 20; n += 1) await fail(get(), person.username, 5, `198.51.100.${n}`);
    const closed = await signIn(get(), person.username, password, '192.0.2.200');
    expect(closed.status).toBe(429);
    expect(Number(closed.headers['retry-after'])).toBeGreaterThan(60);
    const device = (device_token: string) =>
      signIn(get(), person.username, password, '192.0.2.201', { device_token });
    expect((await device(stranger.device_token)).status).toBe(429);
    expect((await device('x')).status).toBe(429);
    expect((await device(person.device_token)).status).toBe(200);
    // The owner's coming in opens nothing for others.
    expect((await signIn(get(), person.username, password, '192.0.2.200')).status).toBe(429);
    get().clock.forward(3_600_000);
    expect((await signIn(get(), person.username, password, '192.0.2.200')).status).toBe(200);
  });

  it('a device has a ceiling of its own: 20 failures an hour', async () => {
    const person = await get().person();
    const guess = (given: string) =>
      signIn(get(), person.username, given, '192.0.2.210', { device_token: person.device_token });
    const statuses: number[] = [];
    for (let n = 0; n < 21; n += 1) statuses.push((await guess('Wrong-1865')).status);
    expect(statuses).toEqual([...Array.from({ length: 20 }, () => 401), 429]);
    expect((await guess(password)).status).toBe(429);
    expect((await signIn(get(), person.username, password, '192.0.2.211')).status).toBe(200);
  });

  it('a device token dies with the password', async () => {
    const person = await get().person();
    const json = { current_password: password, new_password: 'Looking-Glass-1871' };
    await get().call('POST', '/users/me/password', { token: person.access_token, json });
    await fail(get(), person.username, 6);
    const more = { device_token: person.device_token };
    expect((await signIn(get(), person.username, 'Looking-Glass-1871', undefined, more)).status).toBe(429);
  });

  it.each([
    [
      'POST',
      '/users/me/password',
      (given: string) => ({ current_password: given, new_password: 'Looking-Glass-1871' }),
    ],
    ['DELETE', '/users/me', (given: string) => ({ password: given })],
  ] as const)(
    '%s %s goes through it: 20 wrong ones an hour for a session, whatever strangers do',
    async (method, path, body) => {
      const person = await get().person();
      const check = (given: string) =>
        get().call(method, path, { token: person.access_token, json: body(given) });
      for (let n = 0; n < 20; n += 1) expect((await check('Wrong-1865')).status).toBe(400);
      const refused = await check(password);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3000);
      get().clock.forward(65 * 60_000);
      const again = { ...person, ...(await get().signIn(person.username)) };
      await fail(get(), person.username, 6);
      expect((await signIn(get(), person.username, password)).status).toBe(429);
      const changed = await get().call(method, path, { token: again.access_token, json: body(password) });
      expect(changed.status).toBe(204);
    },
  );
});
