import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { limitsOn, password, startServer, type TestServer } from '../support/wire.js';

/** Two servers on one PostgreSQL, as behind a load balancer. */
function describePair(name: string, env: Record<string, string>, body: (get: () => Pair) => void): void {
  describe(name, () => {
    let pair: Pair | undefined;
    const stops: (() => Promise<void>)[] = [];
    beforeAll(async () => {
      const one = await startServer('postgres', { env });
      const { database } = one;
      const two = await startServer('postgres', { env, database, clock: one.server.clock });
      stops.push(two.stop, one.stop);
      pair = { left: one.server, right: two.server };
    });
    afterAll(async () => {
      for (const stop of stops) await stop();
    });
    body(() => {
      if (!pair) throw new Error('not started yet');
      return pair;
    });
  });
}

interface Pair {
  readonly left: TestServer;
  readonly right: TestServer;
}

const me = (server: TestServer, token: string) => server.call('GET', '/users/me', { token });
const twenty = <T>(make: (index: number) => T): T[] => Array.from({ length: 20 }, (_, i) => make(i));

describePair('two servers on one PostgreSQL', {}, (get) => {
  test('a logout on one is obeyed at once by the other', async () => {
    const { left, right } = get();
    const { access_token: token } = await left.person('user', 'logging_out');
    expect((await me(right, token)).status).toBe(200);
    expect((await left.call('POST', '/auth/logout', { token })).status).toBe(204);
    expect((await me(right, token)).status).toBe(401);
  });

  test('disabling and demoting on one is obeyed at once by the other', async () => {
    const { left, right } = get();
    const boss = await left.person('admin', 'boss');
    const aide = await right.person('admin', 'aide');
    const change = (json: object) =>
      left.call('PATCH', `/users/${aide.id}`, { token: boss.access_token, json });
    const token = aide.access_token;
    expect((await right.call('GET', '/events', { token })).status).toBe(200);
    expect((await change({ role: 'user' })).status).toBe(200);
    expect((await right.call('GET', '/events', { token })).status).toBe(403);
    expect((await change({ is_active: false })).status).toBe(200);
    const refused = await me(right, token);
    expect([refused.status, refused.json.detail]).toEqual([403, 'Account is disabled']);
  });

  test('one refresh token at both, twenty-fold: one successor', async () => {
    const { left, right } = get();
    const person = await left.person('user', 'two_tabs');
    const form = { grant_type: 'refresh_token', refresh_token: person.refresh_token };
    const answers = await Promise.all(
      twenty((i) => (i % 2 === 0 ? left : right).call('POST', '/auth/token', { form })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ json }) => json.refresh_token)).size).toBe(1);
  });

  test('one e-mail registered at both: one 201', async () => {
    const { left, right } = get();
    const answers = await Promise.all(
      twenty((i) =>
        (i % 2 === 0 ? left : right).call('POST', '/auth/register', {
          json: { email: 'both@example.org', username: `both_${i}`, password },
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19);
  });

  test('two admins who demote each other at different servers: one survives', async () => {
    const { left, right } = get();
    for (const round of [1, 2, 3, 4, 5]) {
      await left.store.db.updateTable('sallyport_accounts').set({ role: 'user' }).execute();
      const ann = await left.person('admin', `ann_${round}`);
      const bob = await right.person('admin', `bob_${round}`);
      const demote = (server: TestServer, token: string, id: string) =>
        server.call('PATCH', `/users/${id}`, { token, json: { role: 'user' } });
      const answers = await Promise.all([
        demote(left, ann.access_token, bob.id),
        demote(right, bob.access_token, ann.id),
      ]);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    }
  });

  test('the throttle on guesses never doubles', async () => {
    const { left, right } = get();
    const { username } = await left.person('user', 'guessed');
    const answers = await Promise.all(
      twenty((i) =>
        (i % 2 === 0 ? left : right).call('POST', '/auth/token', {
          form: { username, password: `Wrong-guess-${i}` },
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(6);
    for (const server of [left, right])
      expect((await server.call('POST', '/auth/token', { form: { username, password } })).status).toBe(429);
  });
});

describePair('the limits of /auth over two servers on one PostgreSQL', limitsOn, (get) => {
  test('thirty sign-ins a minute, counted together', async () => {
    const { left, right } = get();
    await left.person();
    // Each under another name, so that the throttle on one account has no part in it.
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        (i % 2 === 0 ? left : right).call('POST', '/auth/token', {
          form: { username: `nobody_${i}`, password },
        }),
      ),
    );
    // The person's own sign-in was the first of the thirty.
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(29);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(11);
  });

  test('twenty registrations an hour, counted together', async () => {
    const { left, right } = get();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        (i % 2 === 0 ? left : right).call('POST', '/auth/register', {
          json: { email: `many_${i}@example.org`, username: `many_${i}`, password },
        }),
      ),
    );
    // One has registered above.
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(19);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(11);
  });
});
