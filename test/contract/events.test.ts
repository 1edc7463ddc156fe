import { expect, it } from 'vitest';
import { type Answer, describeEachServer, type Person, password, type TestServer } from '../support/wire.js';

interface Event {
  readonly id: string;
  readonly name: string;
  readonly occurred_at: string;
  readonly outcome: string;
  readonly actor_id: string | null;
  readonly subject_id: string | null;
  readonly request_id: string | null;
  readonly address: string | null;
  readonly details: Record<string, unknown> | null;
  readonly count: number;
}

async function newest(server: TestServer, admin: Person, limit = 100): Promise<Event[]> {
  const answer = await server.call('GET', `/events?limit=${limit}`, { token: admin.access_token });
  expect(answer.status).toBe(200);
  return answer.json.items;
}

const env = { TRUSTED_PROXIES: '127.0.0.1/32' };
const address = '203.0.113.77';
const headers = { 'x-forwarded-for': address };

describeEachServer('each thing that people do is an event', { env }, (get) => {
  /** The one event of a name that an answer's request caused. */
  async function eventOf(admin: Person, answer: Answer, name: string): Promise<Event> {
    const id = answer.headers['x-request-id'];
    const found = (await newest(get(), admin)).filter((event) => event.request_id === id);
    expect(found.map((event) => event.name)).toEqual([name]);
    const [event] = found;
    if (!event) throw new Error(`no ${name}`);
    expect(event.address).toBe(address);
    expect(event.occurred_at).toBe(new Date(get().clock.now()).toISOString());
    expect(event.count).toBe(1);
    return event;
  }

  const form = (username: string, given: string) =>
    get().call('POST', '/auth/token', { form: { username, password: given }, headers });

  it('register, sign in, refresh, revoke, log out', async () => {
    const admin = await get().person('admin');
    const json = { email: 'ev@example.org', username: 'ev_one', password };
    const made = await get().call('POST', '/auth/register', { json, headers });
    const { id } = made.json;
    const own = { actor_id: id, subject_id: id, outcome: 'success' };
    expect(await eventOf(admin, made, 'account.registered')).toMatchObject({
      ...own,
      details: { by: 'self', role: 'user' },
    });

    const signed = await form('ev_one', password);
    const succeeded = await eventOf(admin, signed, 'authentication.succeeded');
    expect(succeeded).toMatchObject({ ...own, details: { known_device: false } });
    const sessionId = succeeded.details?.['session_id'];

    const refreshForm = { grant_type: 'refresh_token', refresh_token: signed.json.refresh_token };
    const rotated = await get().call('POST', '/auth/token', { form: refreshForm, headers });
    expect(await eventOf(admin, rotated, 'refresh_token.rotated')).toMatchObject({
      ...own,
      details: { session_id: sessionId },
    });

    const out = await get().call('POST', '/auth/logout', { token: signed.json.access_token, headers });
    expect(await eventOf(admin, out, 'session.revoked')).toMatchObject({
      ...own,
      details: { session_id: sessionId, reason: 'signed_out' },
    });

    const again = await form('ev_one', password);
    const revoked = await get().call('POST', '/auth/revoke', {
      form: { token: again.json.access_token },
      headers,
    });
    expect(await eventOf(admin, revoked, 'token.revoked')).toMatchObject({
      actor_id: null,
      subject_id: id,
      details: { token_type: 'access_token' },
    });
  });

  it('profile, password, role, disable, enable, sessions, delete', async () => {
    const admin = await get().person('admin');
    const person = await get().person();
    const byAdmin = { actor_id: admin.id, subject_id: person.id, outcome: 'success' };
    const bySelf = { actor_id: person.id, subject_id: person.id, outcome: 'success' };
    const own = (method: string, path: string, json: unknown) =>
      get().call(method, path, { token: person.access_token, json, headers });
    const asAdmin = (method: string, below: string, json?: unknown) =>
      get().call(method, `/users/${person.id}${below}`, {
        token: admin.access_token,
        headers,
        ...(json !== undefined && { json }),
      });

    const updated = await own('PATCH', '/users/me', { bio: 'x' });
    expect(await eventOf(admin, updated, 'account.updated')).toMatchObject({
      ...bySelf,
      details: { by: 'self', full_name: false, bio: true },
    });
    await get().signIn(person.username);
    const changed = await own('POST', '/users/me/password', {
      current_password: password,
      new_password: 'Looking-Glass-1871',
    });
    expect(await eventOf(admin, changed, 'password.changed')).toMatchObject({
      ...bySelf,
      details: { by: 'self', sessions_ended: 1 },
    });
    const role = await asAdmin('PATCH', '', { role: 'moderator' });
    expect(await eventOf(admin, role, 'account.role_changed')).toMatchObject({
      ...byAdmin,
      details: { by: 'admin', from: 'user', to: 'moderator' },
    });
    const disabled = await asAdmin('PATCH', '', { is_active: false });
    expect(await eventOf(admin, disabled, 'account.disabled')).toMatchObject({
      ...byAdmin,
      details: { by: 'admin', sessions_ended: 1 },
    });
    const enabled = await asAdmin('PATCH', '', { is_active: true });
    expect(await eventOf(admin, enabled, 'account.enabled')).toMatchObject({
      ...byAdmin,
      details: { by: 'admin' },
    });
    await get().signIn(person.username, 'Looking-Glass-1871');
    const ended = await asAdmin('DELETE', '/sessions');
    expect(await eventOf(admin, ended, 'session.revoked')).toMatchObject({
      ...byAdmin,
      details: { reason: 'ended_by_admin', sessions_ended: 1 },
    });
    const deleted = await asAdmin('DELETE', '');
    expect(await eventOf(admin, deleted, 'account.deleted')).toMatchObject({
      ...byAdmin,
      details: { by: 'admin' },
    });
  });

  it('refusals: failed sign-in, denied access, reuse, throttle', async () => {
    const admin = await get().person('admin');
    const person = await get().person();
    get().clock.forward(60_000);
    const failure = { outcome: 'failure' };

    const unknown = await form('nobody_here', 'Wrong-1865');
    const told = await eventOf(admin, unknown, 'authentication.failed');
    expect(told).toMatchObject({
      ...failure,
      actor_id: null,
      subject_id: null,
      details: { at: 'sign_in', reason: 'unknown_account' },
    });
    expect(JSON.stringify(told)).not.toContain('nobody_here');

    const wrong = await form(person.username, 'Wrong-1865');
    expect(await eventOf(admin, wrong, 'authentication.failed')).toMatchObject({
      ...failure,
      subject_id: person.id,
      details: { at: 'sign_in', reason: 'wrong_password' },
    });

    const denied = await get().call('GET', `/users/${admin.id}`, { token: person.access_token, headers });
    expect(await eventOf(admin, denied, 'authorization.denied')).toMatchObject({
      ...failure,
      actor_id: person.id,
      details: { route: 'GET /users/:id' },
    });

    const refreshForm = { grant_type: 'refresh_token', refresh_token: person.refresh_token };
    await get().call('POST', '/auth/token', { form: refreshForm, headers });
    get().clock.forward(10_000);
    const reused = await get().call('POST', '/auth/token', { form: refreshForm, headers });
    expect(await eventOf(admin, reused, 'refresh_token.reused')).toMatchObject({
      ...failure,
      subject_id: person.id,
    });

    for (let n = 0; n < 5; n += 1) await form(person.username, 'Wrong-1865');
    const throttled = await form(person.username, password);
    expect(throttled.status).toBe(429);
    expect(await eventOf(admin, throttled, 'throttle.opened')).toMatchObject({
      ...failure,
      subject_id: person.id,
      details: { at: 'sign_in', by: 'address' },
    });

    await get().update(person.id, { isActive: false });
    get().clock.forward(60_000);
    const disabled = await form(person.username, password);
    expect(await eventOf(admin, disabled, 'authentication.failed')).toMatchObject({
      details: { reason: 'account_disabled' },
    });
  });

  it('refusals of one kind, subject, network and minute are one row with a count', async () => {
    const admin = await get().person('admin');
    const person = await get().person();
    get().clock.forward(60_000 - (get().clock.now() % 60_000));
    const ask = async (path: string, from: string) => {
      // Events of one millisecond have no order among themselves.
      get().clock.forward(1);
      await get().call('GET', path, { token: person.access_token, headers: { 'x-forwarded-for': from } });
    };
    for (const last of [1, 2, 3]) await ask('/events', `198.51.100.${last}`);
    await ask('/events', '192.0.2.1');
    await ask('/users', '192.0.2.1');
    get().clock.forward(60_000);
    await ask('/events', '198.51.100.1');
    const mine = (await newest(get(), admin)).filter(
      ({ actor_id: id, name }) => id === person.id && name === 'authorization.denied',
    );
    expect(mine.map((event) => [event.address, event.details?.['route'], event.count])).toEqual([
      ['198.51.100.1', 'GET /events', 1],
      ['192.0.2.1', 'GET /users', 1],
      ['192.0.2.1', 'GET /events', 1],
      ['198.51.100.1', 'GET /events', 3],
    ]);
  });

  it('plain 401, 422 and 404 are no rows: strangers cannot fill the disk', async () => {
    const admin = await get().person('admin');
    const before = await newest(get(), admin, 1);
    for (const path of ['/users/me', '/nowhere', '/users/abc']) {
      await get().call('GET', path);
      await get().call('GET', path, { token: 'a.b.c' });
    }
    await get().call('POST', '/auth/register', { json: {} });
    expect(await newest(get(), admin, 1)).toEqual(before);
  });

  it('a change that was refused leaves no event', async () => {
    const admin = await get().person('admin');
    const others = (await get().call('GET', '/users?limit=100', { token: admin.access_token })).json.items;
    for (const { id, role } of others)
      if (role === 'admin' && id !== admin.id) await get().update(id, { role: 'user' });
    const refused = await get().call('PATCH', `/users/${admin.id}`, {
      token: admin.access_token,
      json: { role: 'user', bio: 'x' },
    });
    expect(refused.status).toBe(409);
    const found = (await newest(get(), admin)).filter(
      ({ request_id: id }) => id === refused.headers['x-request-id'],
    );
    expect(found).toEqual([]);
  });
});
