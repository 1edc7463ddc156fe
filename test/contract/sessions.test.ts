import { expect, it } from 'vitest';
import { describeEachServer, password, startServer } from '../support/wire.js';

const agents = {
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  safari:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  curl: 'curl/8.14.1',
} as const;

interface Listed {
  readonly id: string;
  readonly device: string | null;
  readonly network: string | null;
  readonly client_id: string;
  readonly created_at: string;
  readonly last_seen_at: string;
  readonly expires_at: string;
  readonly current: boolean;
}

describeEachServer('sessions', { env: { TRUSTED_PROXIES: '127.0.0.1' } }, (get) => {
  const signIn = async (username: string, agent?: string, address = '203.0.113.77') => {
    const answer = await get().call('POST', '/auth/token', {
      form: { username, password },
      headers: { ...(agent && { 'user-agent': agent }), 'x-forwarded-for': address },
    });
    expect(answer.status).toBe(200);
    return answer.json as { access_token: string; refresh_token: string };
  };
  const list = async (token: string, path = '/users/me/sessions'): Promise<Listed[]> => {
    const answer = await get().call('GET', path, { token });
    expect(answer.status).toBe(200);
    return answer.json.items;
  };
  const alive = async (token: string) => (await get().call('GET', '/users/me', { token })).status;

  it('lists where one is signed in, the newest first, and which of them asks', async () => {
    const person = await get().person();
    get().clock.forward(1000);
    await signIn(person.username, agents.safari, '2001:db8:1:2::3');
    get().clock.forward(1000);
    const { access_token } = await signIn(person.username, agents.firefox);
    const [newest, middle, oldest] = await list(access_token);
    expect(newest).toMatchObject({ device: 'Firefox on Linux', network: '203.0.113.0/24', current: true });
    expect(middle).toMatchObject({ device: 'Safari on iOS', network: '2001:db8:1::/48', current: false });
    expect(oldest).toMatchObject({ device: null, client_id: 'sallyport', current: false });
    expect(Object.keys(newest ?? {}).sort()).toEqual(
      ['client_id', 'created_at', 'current', 'device', 'expires_at', 'id', 'last_seen_at', 'network'].sort(),
    );
    expect(Date.parse(newest?.expires_at ?? '') - Date.parse(newest?.created_at ?? '')).toBe(7 * 86_400_000);
  });

  it.each([
    [agents.curl, 'curl'],
    ['<script>alert(1)</script>', null],
    ['x'.repeat(501), null],
    ["'; drop table users; --", null],
  ])('takes of the User-Agent %s no more than %s', async (agent, label) => {
    const person = await get().person();
    const { access_token } = await signIn(person.username, agent);
    expect((await list(access_token))[0]?.device).toBe(label);
  });

  it('ends one of them at once, its refresh token too', async () => {
    const person = await get().person();
    const other = await signIn(person.username);
    const [it] = (await list(person.access_token)).filter(({ current }) => !current);
    const end = () => get().call('DELETE', `/users/me/sessions/${it?.id}`, { token: person.access_token });
    expect((await end()).status).toBe(204);
    expect(await alive(other.access_token)).toBe(401);
    const form = { grant_type: 'refresh_token', refresh_token: other.refresh_token };
    expect((await get().call('POST', '/auth/token', { form })).status).toBe(400);
    expect(await alive(person.access_token)).toBe(200);
    expect((await end()).status).toBe(404);
  });

  it('ends all but the one that asks', async () => {
    const person = await get().person();
    const others = [await signIn(person.username), await signIn(person.username)];
    const gone = await get().call('DELETE', '/users/me/sessions', { token: person.access_token });
    expect(gone.status).toBe(204);
    for (const { access_token } of others) expect(await alive(access_token)).toBe(401);
    expect(await list(person.access_token)).toHaveLength(1);
  });

  it("attack: somebody else's session is none, to see or to end", async () => {
    const [alice, mallory] = [await get().person(), await get().person()];
    const [hers] = await list(alice.access_token);
    const end = await get().call('DELETE', `/users/me/sessions/${hers?.id}`, { token: mallory.access_token });
    expect(end.status).toBe(404);
    expect(await alive(alice.access_token)).toBe(200);
    expect((await list(mallory.access_token)).map(({ id }) => id)).not.toContain(hers?.id);
    const peek = await get().call('GET', `/users/${alice.id}/sessions`, { token: mallory.access_token });
    expect(peek.status).toBe(403);
  });

  it('an admin sees and ends one of anybody, and it must be theirs', async () => {
    const [admin, alice, bob] = [await get().person('admin'), await get().person(), await get().person()];
    const token = admin.access_token;
    const [hers] = await list(token, `/users/${alice.id}/sessions`);
    expect(hers).toMatchObject({ current: false });
    const end = (id: string) => get().call('DELETE', `/users/${id}/sessions/${hers?.id}`, { token });
    expect((await end(bob.id)).status).toBe(404);
    expect((await end(alice.id)).status).toBe(204);
    expect(await alive(alice.access_token)).toBe(401);
    const nobody = await get().call('GET', `/users/${hers?.id}/sessions`, { token });
    expect(nobody.status).toBe(404);
  });

  it('has at most ten, and the oldest ends', async () => {
    const person = await get().person();
    const opened = [person.access_token];
    for (let at = 0; at < 10; at += 1) {
      get().clock.forward(60_000);
      opened.push((await signIn(person.username)).access_token);
    }
    const states = await Promise.all(opened.map(alive));
    expect(states).toEqual([401, ...Array.from({ length: 10 }, () => 200)]);
    expect(await list(opened.at(-1) ?? '')).toHaveLength(10);
  });

  it('ends the one seen longest ago, never the newest, nobody else’s, and its refresh token with it', async () => {
    const [person, stranger] = [await get().person(), await get().person()];
    const opened: { access_token: string; refresh_token: string }[] = [person];
    for (let at = 0; at < 9; at += 1) {
      get().clock.forward(60_000);
      opened.push(await signIn(person.username));
    }
    // The oldest is the one that is used; the second oldest was seen longest ago.
    get().clock.forward(60_000);
    expect(await alive(person.access_token)).toBe(200);
    await get().app.flows.activity.flush();
    get().clock.forward(60_000);
    const newest = await signIn(person.username);
    const states = await Promise.all([...opened, newest].map(({ access_token }) => alive(access_token)));
    expect(states).toEqual([200, 401, ...Array.from({ length: 9 }, () => 200)]);
    const refreshed = await get().call('POST', '/auth/token', {
      form: { grant_type: 'refresh_token', refresh_token: opened[1]?.refresh_token ?? '' },
    });
    expect(refreshed.status).toBe(400);
    expect(await alive(stranger.access_token)).toBe(200);
  });

  it('set back by an hour, the clock ends no sign-in that was just made', async () => {
    const person = await get().person();
    for (let at = 0; at < 9; at += 1) await signIn(person.username);
    get().clock.forward(-3_600_000);
    const { access_token } = await signIn(person.username);
    expect(await alive(access_token)).toBe(200);
    expect(await list(access_token)).toHaveLength(10);
    get().clock.forward(3_600_000);
  });

  it('race: twenty sign-ins at once leave ten', async () => {
    const person = await get().person();
    const addresses = Array.from({ length: 20 }, (_, at) => `198.51.${at}.1`);
    await Promise.all(addresses.map((address) => signIn(person.username, undefined, address)));
    const { access_token } = await signIn(person.username, undefined, '198.51.100.1');
    expect(await list(access_token)).toHaveLength(10);
  });

  it('tells when a session was last seen, to the minute, and writes it only now and then', async () => {
    const person = await get().person();
    const seen = async () => (await list(person.access_token))[0]?.last_seen_at ?? '';
    const first = Date.parse(await seen());
    get().clock.forward(59_000);
    expect(Date.parse(await seen())).toBe(first);
    get().clock.forward(1_000);
    await alive(person.access_token);
    expect(Date.parse(await seen())).toBe(first + 60_000);
    const stored = () =>
      get()
        .store.db.selectFrom('sallyport_sessions')
        .select('last_seen_at')
        .where('account_id', '=', person.id)
        .executeTakeFirst();
    expect((await stored())?.last_seen_at).toBe(first);
    await get().app.flows.activity.flush();
    expect((await stored())?.last_seen_at).toBe(first + 60_000);
  });
});

const idling = { SECURITY_SESSION_IDLE_MINUTES: '30', SECURITY_JWT_EXPIRE_MINUTES: '1440' };

describeEachServer('sessions that idle', { env: idling }, (get) => {
  const minute = 60_000;
  it('end after the minutes that are set, and not while they are used', async () => {
    const person = await get().person();
    const alive = async () => (await get().call('GET', '/users/me', { token: person.access_token })).status;
    for (let at = 0; at < 4; at += 1) {
      get().clock.forward(29 * minute);
      expect(await alive()).toBe(200);
      // Whatever is noted must count, written or not.
      if (at % 2 === 0) await get().app.flows.activity.flush();
    }
    get().clock.forward(30 * minute);
    expect(await alive()).toBe(401);
  });

  it('a refresh is a use, and none comes after idling', async () => {
    const person = await get().person();
    const refresh = (refresh_token: string) =>
      get().call('POST', '/auth/token', { form: { grant_type: 'refresh_token', refresh_token } });
    get().clock.forward(29 * minute);
    const next = await refresh(person.refresh_token);
    expect(next.status).toBe(200);
    get().clock.forward(29 * minute);
    expect((await get().call('GET', '/users/me', { token: next.json.access_token })).status).toBe(200);
    await get().app.flows.activity.flush();
    get().clock.forward(30 * minute);
    expect((await refresh(next.json.refresh_token)).status).toBe(400);
  });
});

it('fewer than five minutes to idle is refused at start', async () => {
  const start = startServer('sqlite', { env: { SECURITY_SESSION_IDLE_MINUTES: '4' } });
  await expect(start).rejects.toThrow(/SECURITY_SESSION_IDLE_MINUTES[\s\S]*=5, or 0 for none/);
});
