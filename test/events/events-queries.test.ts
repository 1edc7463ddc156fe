import { expect, it } from 'vitest';
import { localContext } from '../../src/events/event-context.js';
import { listEvents, recordEvent, recordRefusal } from '../../src/events/events-queries.js';
import type { Store } from '../../src/store/connection.js';
import { describeEachStore } from '../support/stores.js';

let made = 0;

/** A clock a minute after every other test's, and accounts of its own. */
function createScene() {
  made += 1;
  const clock = { at: 1_700_000_000_000 + made * 3_600_000, now: () => clock.at };
  const from = (address: string, network: string) => ({
    clock,
    requestId: `request-${made}`,
    address,
    network,
  });
  return { clock, account: `account-${made}`, stranger: from('203.0.113.7', '203.0.113.0/24'), from };
}

const of = async (store: Store, account: string) =>
  (await listEvents(store.db, { limit: 1000 })).items.filter(({ subjectId }) => subjectId === account);

describeEachStore('events', ({ open }) => {
  it('are written in the transaction of the change: both or neither', async () => {
    const store = await open();
    const { account, stranger, clock } = createScene();
    const event = {
      name: 'account.registered',
      subjectId: account,
      details: { by: 'self', role: 'user' },
    } as const;
    await expect(
      store.transaction(async (tx) => {
        await recordEvent(tx, event, stranger);
        throw new Error('the change failed');
      }),
    ).rejects.toThrow('the change failed');
    expect(await of(store, account)).toEqual([]);
    await store.transaction((tx) => recordEvent(tx, event, stranger));
    expect(await of(store, account)).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: 'account.registered',
        occurredAt: clock.at,
        outcome: 'success',
        actorId: null,
        subjectId: account,
        requestId: stranger.requestId,
        address: '203.0.113.7',
        details: { by: 'self', role: 'user' },
        count: 1,
      },
    ]);
  });

  it('say nothing of an address for what an operator did', async () => {
    const store = await open();
    const { account, clock } = createScene();
    await recordEvent(store.db, { name: 'account.disabled', subjectId: account }, localContext(clock));
    expect(await of(store, account)).toMatchObject([{ address: null, requestId: null, details: null }]);
  });

  it('stop the change when a detail is not of the table', async () => {
    const store = await open();
    const { account, stranger } = createScene();
    const smuggled = {
      name: 'account.deleted',
      subjectId: account,
      details: { password: 'hunter2' } as object,
    } as const;
    await expect(store.transaction((tx) => recordEvent(tx, smuggled, stranger))).rejects.toThrow(
      /no such detail/,
    );
    await expect(
      recordRefusal(
        store.db,
        { name: 'authentication.failed', subjectId: account, details: { typed: 'x' } as object },
        stranger,
      ),
    ).rejects.toThrow(/no such detail/);
    expect(await of(store, account)).toEqual([]);
  });

  it('fold 50 parallel refusals of a minute, over two servers, into one row that counts', async () => {
    const servers = [await open(), await open()];
    const { account, stranger } = createScene();
    const failed = {
      name: 'authentication.failed',
      subjectId: account,
      details: { at: 'sign_in', reason: 'wrong_password' },
    } as const;
    await Promise.all(
      Array.from({ length: 25 }, () =>
        servers.map((store) => recordRefusal(store.db, failed, stranger)),
      ).flat(),
    );
    const [store] = servers;
    if (store === undefined) throw new Error('no store');
    expect(await of(store, account)).toMatchObject([
      { outcome: 'failure', count: 50, details: failed.details },
    ]);
  });

  it('fold by kind, subject, network and minute, and by nothing a stranger can vary more finely', async () => {
    const store = await open();
    const { clock, account, from } = createScene();
    const failed = { name: 'authentication.failed', subjectId: account } as const;
    const network = '203.0.113.0/24';
    for (let n = 0; n < 50; n += 1)
      await recordRefusal(store.db, failed, { ...from(`203.0.113.${n}`, network), requestId: `${n}` });
    await recordRefusal(
      store.db,
      { name: 'throttle.opened', subjectId: account, details: { by: 'account' } },
      from('203.0.113.1', network),
    );
    await recordRefusal(store.db, failed, from('198.51.100.1', '198.51.100.0/24'));
    clock.at += 60_000;
    await recordRefusal(store.db, failed, from('203.0.113.1', network));
    expect((await of(store, account)).map(({ name, count }) => [name, count]).sort()).toEqual([
      ['authentication.failed', 1],
      ['authentication.failed', 1],
      ['authentication.failed', 50],
      ['throttle.opened', 1],
    ]);
  });

  it('keep the time, request and address of the first of a folded row', async () => {
    const store = await open();
    const { clock, account, from } = createScene();
    const first = clock.at;
    const denied = {
      name: 'authorization.denied',
      subjectId: account,
      details: { route: 'GET /users' },
    } as const;
    await recordRefusal(store.db, denied, from('203.0.113.1', '203.0.113.0/24'));
    clock.at += 30_000;
    await recordRefusal(store.db, denied, { ...from('203.0.113.2', '203.0.113.0/24'), requestId: 'second' });
    expect(await of(store, account)).toMatchObject([{ count: 2, occurredAt: first, address: '203.0.113.1' }]);
  });

  it('are read newest first, page by page, each once, while new ones come', async () => {
    const store = await open();
    const { clock, account, stranger } = createScene();
    const write = async () => {
      clock.at += 1;
      await recordEvent(store.db, { name: 'authentication.succeeded', subjectId: account }, stranger);
    };
    for (let n = 0; n < 10; n += 1) await write();
    const seen: number[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < 4 && (page === 0 || cursor !== undefined); page += 1) {
      const { items, nextCursor } = await listEvents(store.db, { limit: 3, cursor });
      expect(items.length).toBeLessThanOrEqual(3);
      seen.push(
        ...items.filter(({ subjectId }) => subjectId === account).map(({ occurredAt }) => occurredAt),
      );
      cursor = nextCursor ?? undefined;
      if (page === 0) await write();
    }
    const newest = clock.at - 1;
    expect(seen).toEqual(Array.from({ length: 10 }, (_, back) => newest - back));
  });

  it('end with no cursor, and refuse one that is not ours', async () => {
    const store = await open();
    const { account, stranger } = createScene();
    await recordEvent(store.db, { name: 'account.enabled', subjectId: account }, stranger);
    const all = await listEvents(store.db, { limit: 1000 });
    expect(all.nextCursor).toBeNull();
    const exact = await listEvents(store.db, { limit: all.items.length });
    expect(exact.nextCursor).toBeNull();
    await expect(listEvents(store.db, { limit: 5, cursor: "' or 1=1 --" })).rejects.toMatchObject({
      status: 422,
      issues: [{ loc: ['query', 'cursor'] }],
    });
  });
});
