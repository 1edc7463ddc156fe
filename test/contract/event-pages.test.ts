import { expect, it } from 'vitest';
import { describeEachServer } from '../support/wire.js';

describeEachServer('GET /events', {}, (get) => {
  const fields = [
    'actor_id',
    'address',
    'count',
    'details',
    'id',
    'name',
    'occurred_at',
    'outcome',
    'request_id',
    'subject_id',
  ];

  it('pages newest first, none twice', async () => {
    const admin = await get().person('admin');
    for (let n = 0; n < 4; n += 1) await get().person();
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const more: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { status, json } = await get().call('GET', `/events?limit=4${more}`, {
        token: admin.access_token,
      });
      expect(status).toBe(200);
      expect(Object.keys(json).sort()).toEqual(['items', 'next_cursor']);
      for (const item of json.items) expect(Object.keys(item).sort()).toEqual(fields);
      seen.push(...json.items.map((item: { id: string }) => item.id));
      cursor = json.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual([...seen].sort().reverse());
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(10);
  });

  it('gives those that are asked for, all filters at once', async () => {
    const admin = await get().person('admin');
    const alice = await get().person();
    const ask = async (query: Record<string, string>) => {
      const path = `/events?${new URLSearchParams({ limit: '100', ...query })}`;
      const answer = await get().call('GET', path, { token: admin.access_token });
      expect([path, answer.status]).toEqual([path, 200]);
      return answer.json.items as {
        name: string;
        occurred_at: string;
        subject_id: string;
        request_id: string;
      }[];
    };
    const names = async (query: Record<string, string>) => (await ask(query)).map(({ name }) => name);
    get().clock.forward(60_000);
    const from = new Date(get().clock.now()).toISOString();
    const patch = { token: alice.access_token, json: { full_name: 'Alice' } };
    const patched = await get().call('PATCH', '/users/me', patch);
    get().clock.forward(1);
    const wrong = { username: alice.username, password: 'Wrong-1865' };
    await get().call('POST', '/auth/token', { form: wrong });
    get().clock.forward(1);
    const until = new Date(get().clock.now()).toISOString();
    await get().call('PATCH', '/users/me', { ...patch, json: { full_name: 'Alice L' } });

    const whole = ['account.updated', 'authentication.failed', 'account.updated'];
    expect((await names({ subject_id: alice.id })).slice(0, 3)).toEqual(whole);
    expect(await names({ subject_id: alice.id, since: from, until })).toEqual(whole.slice(1));
    expect(await names({ since: from, until, outcome: 'failure' })).toEqual(['authentication.failed']);
    expect(await names({ actor_id: alice.id, since: from })).toEqual(['account.updated', 'account.updated']);
    expect(await names({ name: 'account.updated', since: from, until })).toEqual(['account.updated']);
    const id = String(patched.headers['x-request-id']);
    expect((await ask({ request_id: id })).map(({ request_id }) => request_id)).toEqual([id]);
    expect(await ask({ since: until, until: from })).toEqual([]);
    expect(await ask({ subject_id: admin.id, actor_id: alice.id })).toEqual([]);
  });

  it('is for admins alone, and refuses what is no page', async () => {
    const admin = await get().person('admin');
    expect((await get().call('GET', '/events')).status).toBe(401);
    for (const query of [
      'limit=0',
      'limit=101',
      'limit=x',
      'cursor=x',
      'cursor=',
      'name=x',
      'outcome=maybe',
      'actor_id=x',
    ]) {
      const answer = await get().call('GET', `/events?${query}`, { token: admin.access_token });
      expect([query, answer.status]).toEqual([query, 422]);
    }
    for (const query of ["subject_id=' or 1=1 --", 'since=yesterday', 'until=', 'request_id=%25', 'who=me']) {
      const answer = await get().call('GET', `/events?${encodeURI(query)}`, { token: admin.access_token });
      expect([query, answer.status]).toEqual([query, 422]);
    }
  });

  it('what an operator does on the command line has no actor and no request', async () => {
    const admin = await get().person('admin');
    const person = await get().person();
    // Events of one millisecond have no order among themselves.
    get().clock.forward(1);
    await get().update(person.id, { role: 'moderator' });
    const newest = await get().call('GET', '/events?limit=1', { token: admin.access_token });
    const [event] = newest.json.items;
    expect(event).toMatchObject({
      name: 'account.role_changed',
      actor_id: null,
      subject_id: person.id,
      request_id: null,
      address: null,
      details: { by: 'command_line' },
    });
  });
});
