import { expect, it } from 'vitest';
import { holdOpen } from '../support/held-request.js';
import { describeEachServer, password } from '../support/wire.js';

describeEachServer(
  'what attackers found once',
  { env: { DEBUG: 'false', TRUSTED_PROXIES: '127.0.0.1' } },
  (get) => {
    it('a multipart body that is cut within a file is a 422, and the server lives on', async () => {
      const body = '--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nabc';
      const headers = { 'content-type': 'multipart/form-data; boundary=x' };
      for (const path of ['/auth/token', '/auth/revoke'])
        expect((await get().call('POST', path, { body, headers })).status).toBe(422);
      expect((await get().call('GET', '/healthz')).status).toBe(200);
    });

    it.each([
      ['disabled', 403],
      ['demoted', 403],
      ['signed out', 401],
      ['deleted', 401],
    ])(
      'a request held open while its sender is %s is refused, its body full or empty',
      async (how, status) => {
        const admin = await get().person('admin');
        const other = await get().person('admin');
        const [raised, deleted] = [await get().person(), await get().person()];
        const hold = (method: string, id: string, body: string) =>
          holdOpen(method, `${get().url}/users/${id}`, admin.access_token, body);
        const held = [hold('PATCH', raised.id, '{"role":"admin"}'), hold('DELETE', deleted.id, '')];
        await Promise.all(held.map(({ begun }) => begun));
        if (how === 'disabled') await get().update(admin.id, { isActive: false });
        else if (how === 'demoted') await get().update(admin.id, { role: 'user' });
        else if (how === 'signed out')
          await get().call('POST', '/auth/logout', { token: admin.access_token });
        else await get().call('DELETE', `/users/${admin.id}`, { token: other.access_token });
        expect(await Promise.all(held.map(({ finish }) => finish()))).toEqual([status, status]);
        const me = (token: string) => get().call('GET', '/users/me', { token });
        expect((await me(raised.access_token)).json.role).toBe('user');
        expect((await me(deleted.access_token)).status).toBe(200);
      },
    );

    it('an account with more sessions than a statement has parameters is disabled all the same', async () => {
      const { store, clock } = get();
      const person = await get().person();
      const rows = Array.from({ length: 70_000 }, (_, n) => ({
        id: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`,
        account_id: person.id,
        client_id: 'x',
        created_at: clock.now(),
        expires_at: clock.now() + 1_000_000,
        revoked_at: null,
        revoked_reason: null,
      }));
      for (let at = 0; at < rows.length; at += 2_000)
        await store.db
          .insertInto('sallyport_sessions')
          .values(rows.slice(at, at + 2_000))
          .execute();
      await get().update(person.id, { isActive: false });
      expect((await get().call('GET', '/users/me', { token: person.access_token })).status).toBe(403);
    });

    it('a session refreshes 120 times an hour and no more, and is not ended by it', async () => {
      const { clock } = get();
      const person = await get().person();
      let token = person.refresh_token;
      const refresh = () =>
        get().call('POST', '/auth/token', { form: { grant_type: 'refresh_token', refresh_token: token } });
      // The first token was given at the sign-in.
      for (let n = 1; n < 120; n += 1) {
        clock.forward(2_000);
        const answer = await refresh();
        expect(answer.status).toBe(200);
        token = answer.json.refresh_token;
      }
      const refused = await refresh();
      // Until the sign-in's token, 238 seconds old, is an hour old.
      expect([refused.status, refused.headers['retry-after']]).toEqual([429, '3362']);
      expect(refused.headers['ratelimit-policy']).toBe('"session-refresh";q=120;w=3600');
      expect(refused.headers['ratelimit']).toBe('"session-refresh";r=0;t=3362');
      clock.forward(3_361_000);
      expect([(await refresh()).status, (await refresh()).headers['retry-after']]).toEqual([429, '1']);
      clock.forward(1_000);
      expect((await refresh()).status).toBe(200);
    });

    it('a stranger who fills the bucket of an address shuts out neither its known device nor its refresh', async () => {
      const headers = { 'x-forwarded-for': '198.51.100.7' };
      const person = await get().person();
      for (let n = 0; n < 110; n += 1) await get().call('GET', '/nothing', { headers });
      expect((await get().call('GET', '/nothing', { headers })).status).toBe(429);
      const signIn = (more: Record<string, string>) =>
        get().call('POST', '/auth/token', {
          headers,
          form: { username: person.username, password, ...more },
        });
      expect((await signIn({})).status).toBe(429);
      expect((await signIn({ device_token: person.device_token })).status).toBe(200);
      const form = { grant_type: 'refresh_token', refresh_token: person.refresh_token };
      expect((await get().call('POST', '/auth/token', { headers, form })).status).toBe(200);
    });

    it('a /48 that sends the token endpoint each form from another /64 is refused after ten clients’ worth', async () => {
      const send = (subnet: string, form: Record<string, string>) =>
        get().call('POST', '/auth/token', { form, headers: { 'x-forwarded-for': `2001:db8:${subnet}::1` } });
      const forms = [{ grant_type: 'refresh_token', refresh_token: 'A'.repeat(43) }, { username: 'x' }];
      const spray = (count: number, subnetOf: (n: number) => string) =>
        Promise.all(Array.from({ length: count }, (_, n) => send(subnetOf(n), forms[n % 2] ?? {})));
      // What one client's own bucket refuses takes nothing from its neighbours.
      const greedy = await spray(150, () => '48:0');
      expect(greedy.filter(({ headers }) => headers['ratelimit-policy']?.includes('token-n'))).toEqual([]);
      const passed = await spray(810, (n) => `48:${(n + 1).toString(16)}`);
      expect(new Set(passed.map(({ status }) => status))).toEqual(new Set([400, 422]));
      const refused = await send('48:ffff', { username: 'x' });
      expect([refused.status, refused.headers['ratelimit-policy']]).toEqual([
        429,
        '"token-network";q=900;w=60',
      ]);
      expect(refused.headers['ratelimit']).toBe(`"token-network";r=0;t=${refused.headers['retry-after']}`);
      const neighbour = await send('49:1', { username: 'x' });
      expect([neighbour.status, neighbour.headers['ratelimit-policy']]).toEqual([422, '"token";q=90;w=60']);
    });

    it('a change that changes nothing is no event', async () => {
      const person = await get().person();
      const same = () =>
        get().call('PATCH', '/users/me', { token: person.access_token, json: { bio: 'same' } });
      for (let n = 0; n < 3; n += 1) expect((await same()).status).toBe(200);
      const rows = await get()
        .store.db.selectFrom('sallyport_events')
        .select('id')
        .where('subject_id', '=', person.id)
        .where('name', '=', 'account.updated')
        .execute();
      expect(rows).toHaveLength(1);
    });
  },
);
