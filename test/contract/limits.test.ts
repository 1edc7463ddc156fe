import { describe, expect, it } from 'vitest';
import {
  type Answer,
  type Call,
  describeEachServer,
  limitsOn,
  password,
  type TestServer,
} from '../support/wire.js';

/** The client's address is what a declared proxy says, so that a test has as many as it needs. */
const env = { ...limitsOn, TRUSTED_PROXIES: '127.0.0.1/32' };
const from = (address: string) => ({ 'x-forwarded-for': address });

async function repeat(times: number, call: () => Promise<Answer>): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < times; n += 1) statuses.push((await call()).status);
  return statuses;
}

const only = (statuses: readonly number[]): number[] => [...new Set(statuses)];

/** Starts a window of its own. */
const freshWindow = (server: TestServer) => server.clock.forward(3_600_000);

function expect429(answer: Answer, policy: string, limit: number, window: number): void {
  expect([answer.status, answer.json.detail, answer.json.code]).toEqual([
    429,
    'Too Many Requests',
    'too_many_requests',
  ]);
  const wait = Number(answer.headers['retry-after']);
  expect(wait).toBeGreaterThanOrEqual(1);
  expect(wait).toBeLessThanOrEqual(window);
  expect(answer.headers['ratelimit-policy']).toBe(`"${policy}";q=${limit};w=${window}`);
  expect(answer.headers['ratelimit']).toBe(`"${policy}";r=0;t=${wait}`);
}

describeEachServer('the general limit', { env }, (get) => {
  const ask = (address: string, call: Call = {}) =>
    get().call('GET', '/users/me', { ...call, headers: { ...from(address), ...call.headers } });

  it('100 an hour for whoever proves nobody, with the fields on every answer; the window goes by the clock', async () => {
    const first = await ask('203.0.113.1');
    expect(first.status).toBe(401);
    expect(first.headers['ratelimit-policy']).toBe('"default";q=100;w=3600');
    expect(first.headers['ratelimit']).toMatch(/^"default";r=99;t=\d+$/);
    expect(first.headers['retry-after']).toBeUndefined();
    expect(only(await repeat(99, () => ask('203.0.113.1')))).toEqual([401]);
    const refused = await ask('203.0.113.1');
    expect429(refused, 'default', 100, 3600);
    get().clock.forward((Number(refused.headers['retry-after']) - 1) * 1000);
    expect((await ask('203.0.113.1')).status).toBe(429);
    get().clock.forward(1000);
    expect((await ask('203.0.113.1')).status).toBe(401);
  });

  it('counts unknown paths, wrong methods and bad tokens too; other addresses have their own', async () => {
    const calls = [
      () => get().call('GET', '/nowhere', { headers: from('203.0.113.2') }),
      () => get().call('PUT', '/users/me', { headers: from('203.0.113.2') }),
      () => ask('203.0.113.2', { token: 'a.b.c' }),
      () => get().call('GET', '/.well-known/jwks.json', { headers: from('203.0.113.2') }),
    ];
    for (const call of calls) await repeat(25, call);
    for (const call of calls) expect((await call()).status).toBe(429);
    expect((await ask('203.0.113.3')).status).toBe(401);
  });

  it('counts IPv6 by /64, and a mapped IPv4 address as itself', async () => {
    await repeat(50, () => ask('2001:db8:1:2::1'));
    await repeat(50, () => ask('2001:db8:1:2:ffff::9'));
    expect((await ask('2001:db8:1:2::3')).status).toBe(429);
    expect((await ask('2001:db8:1:3::3')).status).toBe(401);
    await repeat(100, () => ask('203.0.113.4'));
    expect((await ask('::ffff:203.0.113.4')).status).toBe(429);
  });

  it('a full address bucket never refuses who proved who they are, nor do they fill it', async () => {
    const { access_token: token } = await get().person();
    const address = '203.0.113.5';
    await repeat(101, () => ask(address));
    const proven = await ask(address, { token });
    expect(proven.status).toBe(200);
    expect(proven.headers['ratelimit-policy']).toBe('"principal";q=5000;w=3600');
    const other = '203.0.113.6';
    expect(only(await repeat(120, () => ask(other, { token })))).toEqual([200]);
    expect((await ask(other)).status).toBe(401);
  });

  it('health answers and preflights do not count, and are not refused', async () => {
    const headers = from('203.0.113.7');
    const preflight = {
      headers: { ...headers, origin: 'http://localhost:3000', 'access-control-request-method': 'GET' },
    };
    expect(only(await repeat(60, () => get().call('GET', '/healthz', { headers })))).toEqual([200]);
    expect(only(await repeat(60, () => get().call('OPTIONS', '/users/me', preflight)))).toEqual([204]);
    const first = await ask('203.0.113.7');
    expect(first.headers['ratelimit']).toMatch(/r=99;/);
    await repeat(100, () => ask('203.0.113.7'));
    expect((await get().call('GET', '/readyz', { headers })).status).toBe(200);
    expect((await get().call('OPTIONS', '/users/me', preflight)).status).toBe(204);
  });
});

describeEachServer(
  'the general limit by settings',
  {
    env: {
      ...env,
      SECURITY_RATE_LIMIT_REQUESTS: '3',
      SECURITY_RATE_LIMIT_PRINCIPAL_REQUESTS: '4',
      SECURITY_RATE_LIMIT_WINDOW: '60',
    },
  },
  (get) => {
    it('a principal has one bucket whatever the address and the session', async () => {
      const person = await get().person();
      const { access_token: other } = await get().signIn(person.username);
      const statuses: number[] = [];
      for (const [n, token] of [person.access_token, other, person.access_token, other, other].entries())
        statuses.push(
          (await get().call('GET', '/users/me', { token, headers: from(`198.51.100.${n}`) })).status,
        );
      expect(statuses).toEqual([200, 200, 200, 200, 429]);
      const refused = await get().call('GET', '/users/me', { token: other, headers: from('198.51.100.9') });
      expect429(refused, 'principal', 4, 60);
    });

    describe('the ways out of an account whose bucket a thief keeps full', () => {
      const wrong = { current_password: 'Wrong-1865', new_password: 'Looking-Glass-1871' };
      const change = (token: string, json: unknown) =>
        get().call('POST', '/users/me/password', { token, json });
      const robbed = async () => {
        freshWindow(get());
        const person = await get().person();
        const me = () => get().call('GET', '/users/me', { token: person.access_token });
        expect(await repeat(5, me)).toEqual([200, 200, 200, 200, 429]);
        return person;
      };

      it('stay open, from the stolen session as from every other, and say what they have left', async () => {
        const { username, access_token: stolen } = await robbed();
        const first = await change(stolen, wrong);
        expect([first.status, first.headers['ratelimit-policy']]).toEqual([400, '"exit";q=20;w=60']);
        expect(first.headers['ratelimit']).toBe('"exit";r=19;t=60');
        const { access_token: other } = await get().signIn(username);
        expect((await get().call('POST', '/auth/logout', { token: other })).status).toBe(204);
        const next = 'Looking-Glass-1871';
        const changed = await change(stolen, { current_password: password, new_password: next });
        expect(changed.status).toBe(204);
        const gone = await get().call('DELETE', '/users/me', { token: stolen, json: { password: next } });
        expect(gone.status).toBe(204);
      });

      it('are twenty a minute and session, and no thief of one uses up another’s', async () => {
        const { username, access_token: stolen } = await robbed();
        expect(only(await repeat(20, () => change(stolen, {})))).toEqual([422]);
        expect429(await change(stolen, {}), 'exit', 20, 60);
        const { access_token: own } = await get().signIn(username);
        const refused = await get().call('GET', '/users/me', { token: own });
        expect429(refused, 'principal', 4, 60);
        const changed = await change(own, { ...wrong, current_password: password });
        expect(changed.status).toBe(204);
      });

      it('are two hundred a minute and account, however many sessions it opens', async () => {
        const { username, device_token } = await robbed();
        const signIn = () => get().signIn(username, password, { device_token });
        const statuses: number[] = [];
        for (let n = 0; n < 10; n += 1) {
          const { access_token: token } = await signIn();
          statuses.push(...(await repeat(20, () => change(token, {}))));
        }
        expect(only(statuses)).toEqual([422]);
        const { access_token: token } = await signIn();
        expect429(await change(token, {}), 'account-exit', 200, 60);
        get().clock.forward(60_000);
        expect((await change(token, {})).status).toBe(422);
      });
    });
  },
);

describeEachServer(
  'register, sign-in, refresh and the token endpoint',
  { env: { ...env, SECURITY_RATE_LIMIT_REQUESTS: '100000' } },
  (get) => {
    const register = (address: string, n: number) =>
      get().call('POST', '/auth/register', {
        json: { email: `l${n}@example.org`, username: `limited_${n}`, password: 'weak' },
        headers: from(address),
      });
    const token = (address: string, form: Record<string, string>) =>
      get().call('POST', '/auth/token', { form, headers: from(address) });

    it('register: 20 an hour', async () => {
      freshWindow(get());
      const good = (n: number) =>
        get().call('POST', '/auth/register', {
          json: { email: `g${n}@example.org`, username: `good_${n}`, password },
          headers: from('192.0.2.1'),
        });
      let n = 0;
      expect(only(await repeat(20, () => good(n++)))).toEqual([201]);
      const refused = await good(n++);
      expect429(refused, 'register', 20, 3600);
      get().clock.forward(3_600_000);
      expect((await good(n)).status).toBe(201);
      // What the schema takes and the policy of passwords refuses is a try, too.
      expect(only(await repeat(20, () => register('192.0.2.2', 0)))).toEqual([422]);
      expect((await register('192.0.2.2', 1)).status).toBe(429);
    });

    it('sign-in: 30 a minute, right or wrong, whatever credential is sent along', async () => {
      const person = await get().person();
      freshWindow(get());
      const statuses: number[] = [];
      for (let n = 0; n < 30; n += 1)
        statuses.push(
          (await token('192.0.2.3', { username: n % 2 ? person.username : `nobody_${n}`, password })).status,
        );
      expect(only(statuses).sort()).toEqual([200, 401]);
      expect429(await token('192.0.2.3', { username: person.username, password }), 'sign-in', 30, 60);
      const headers = { ...from('192.0.2.3'), authorization: `Bearer ${person.access_token}` };
      const form = { username: person.username, password };
      expect((await get().call('POST', '/auth/token', { form, headers })).status).toBe(429);
      get().clock.forward(60_000);
      expect((await token('192.0.2.3', form)).status).toBe(200);
    });

    it('refresh: 60 a minute', async () => {
      freshWindow(get());
      const call = () => token('192.0.2.4', { grant_type: 'refresh_token', refresh_token: 'x' });
      expect(only(await repeat(60, call))).toEqual([400]);
      expect429(await call(), 'refresh', 60, 60);
      get().clock.forward(60_000);
      expect((await call()).status).toBe(400);
    });

    it('the token endpoint: 90 a minute before the body is read', async () => {
      freshWindow(get());
      const call = () => token('192.0.2.5', { grant_type: 'nonsense' });
      expect(only(await repeat(90, call))).toEqual([400]);
      expect429(await call(), 'token', 90, 60);
      const tooLarge = {
        body: 'x'.repeat(100_000),
        headers: { ...from('192.0.2.5'), 'content-type': 'application/x-www-form-urlencoded' },
      };
      expect((await get().call('POST', '/auth/token', tooLarge)).status).toBe(429);
      // The others of this address go on.
      expect(
        (await get().call('POST', '/auth/revoke', { form: { token: 'x' }, headers: from('192.0.2.5') }))
          .status,
      ).toBe(200);
    });
  },
);

describe('under DEBUG', () => {
  describeEachServer('limits are off', { env: { DEBUG: 'true' } }, (get) => {
    it('as in the seed; no fields are sent', async () => {
      const last = async (times: number, call: () => Promise<Answer>) => only(await repeat(times, call));
      expect(await last(110, () => get().call('GET', '/users/me'))).toEqual([401]);
      const form = { grant_type: 'nonsense' };
      expect(await last(95, () => get().call('POST', '/auth/token', { form }))).toEqual([400]);
      const { headers } = await get().call('GET', '/users/me');
      expect([headers['ratelimit'], headers['ratelimit-policy']]).toEqual([undefined, undefined]);
    });
  });
});
