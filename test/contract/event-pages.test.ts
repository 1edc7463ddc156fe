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

  it('is for admins alone, and refuses what is no page', async () => {
    const admin = await get().person('admin');
    expect((await get().call('GET', '/events')).status).toBe(401);
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=x', 'cursor=', 'name=x']) {
      const answer = await get().call('GET', `/events?${query}`, { token: admin.access_token });
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
