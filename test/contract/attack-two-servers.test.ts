import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, limitsOn, password, startServer, TestClock, type TestServer } from '../support/wire.js';

const env = { ...limitsOn, TRUSTED_PROXIES: '127.0.0.1', SECURITY_RATE_LIMIT_REQUESTS: '100000' };

describe('attack: two servers on one PostgreSQL', () => {
  const clock = new TestClock();
  let first: Awaited<ReturnType<typeof startServer>>;
  let second: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    first = await startServer('postgres', { env, clock });
    second = await startServer('postgres', { env, clock, database: first.database });
  });
  afterAll(async () => {
    await second.stop();
    await first.stop();
  });
  const both = () => [first.server, second.server] as const;
  const headers = (from: string) => ({ 'x-forwarded-for': from });

  /** `count` requests at once, every other one to the other server; how many were let in. */
  async function letIn(
    count: number,
    send: (server: TestServer, n: number) => Promise<Answer>,
  ): Promise<number> {
    const answers = await Promise.all(
      Array.from({ length: count }, (_, n) => send(n % 2 === 0 ? both()[0] : both()[1], n)),
    );
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    return answers.filter(({ status }) => status !== 429).length;
  }

  const post = (server: TestServer, path: string, from: string, form: Record<string, string>) =>
    server.call('POST', path, { form, headers: headers(from) });

  it('never double the throttle at one address', async () => {
    const victim = await first.server.person();
    const form = { username: victim.username, password: 'Not-The-Password-1' };
    expect(await letIn(28, (server) => post(server, '/auth/token', '203.0.113.1', form))).toBe(6);
  });

  it('never double the hundred of an account', async () => {
    const victim = await second.server.person('user', 'the_victim');
    const form = { username: victim.email, password: 'Not-The-Password-1' };
    const guesses = await letIn(130, (server, n) =>
      post(server, '/auth/token', `198.51.${100 + Math.floor(n / 200)}.${(n % 200) + 1}`, form),
    );
    expect(guesses).toBe(100);
  });

  it('never double the thirty sign-ins of an address in a minute, successes included', async () => {
    const person = await first.server.person();
    const form = { username: person.username, password };
    // One after the other: more than six at once would meet the throttle, which counts before it compares.
    const seen: number[] = [];
    for (let n = 0; n < 34; n += 1)
      seen.push(
        (await post(n % 2 === 0 ? first.server : second.server, '/auth/token', '203.0.113.2', form)).status,
      );
    expect(seen).toEqual([...Array(30).fill(200), ...Array(4).fill(429)]);
    clock.forward(60_000);
    expect((await post(second.server, '/auth/token', '203.0.113.2', form)).status).toBe(200);
  });

  it('never double the sixty refreshes, nor the ninety forms of any kind', async () => {
    const refresh = { grant_type: 'refresh_token', refresh_token: 'x' };
    expect(await letIn(80, (server) => post(server, '/auth/token', '203.0.113.3', refresh))).toBe(60);
    expect(
      await letIn(120, (server) => post(server, '/auth/token', '203.0.113.4', { grant_type: 'x' })),
    ).toBe(90);
  });

  it('never double the twenty registrations of an hour', async () => {
    const register = (server: TestServer, n: number) => {
      const json = { email: `mass_${n}@example.org`, username: `mass_${n}`, password };
      return server.call('POST', '/auth/register', { json, headers: headers('203.0.113.5') });
    };
    expect(await letIn(40, register)).toBe(20);
  });

  it('never let a token live on at the other one', async () => {
    const [here, there] = both();
    const person = await here.person();
    const me = (server: TestServer) => server.call('GET', '/users/me', { token: person.access_token });
    expect((await me(there)).status).toBe(200);
    expect((await here.call('POST', '/auth/logout', { token: person.access_token })).status).toBe(204);
    expect((await me(there)).status).toBe(401);
  });
});
