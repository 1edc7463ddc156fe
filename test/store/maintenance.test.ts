import { expect, test } from 'vitest';
import { purge } from '../../src/store/maintenance.js';
import { describeEachStore } from '../support/stores.js';
import { insertAccount } from './accounts.js';

const now = 1_700_000_000_000;
const clock = { now: () => now };

describeEachStore('maintenance', ({ open }) => {
  test('purges what has expired, over several batches, and nothing else', async () => {
    const store = await open();
    await insertAccount(store.db, 'alice');
    const keys = Array.from({ length: 450 }, (_, index) => `k${index}`);
    const expiry = (index: number) => (index < 440 ? now : now + 1);
    await store.db
      .insertInto('sallyport_counters')
      .values(keys.map((key, index) => ({ key, hits: 1, expires_at: expiry(index) })))
      .execute();
    await store.db
      .insertInto('sallyport_throttles')
      .values(
        ['old', 'new'].map((key, index) => ({
          key,
          failures: 1,
          blocked_until: 0,
          expires_at: now + index,
        })),
      )
      .execute();
    const session = {
      account_id: 'alice',
      client_id: 'c',
      created_at: 1,
      revoked_at: null,
      revoked_reason: null,
    };
    await store.db
      .insertInto('sallyport_sessions')
      .values([
        { ...session, id: 'old', expires_at: now },
        { ...session, id: 'new', expires_at: now + 1 },
      ])
      .execute();
    const apiKey = {
      account_id: 'alice',
      name: 'k',
      digest: 'd',
      scopes: '',
      created_at: 1,
      revoked_at: null,
    };
    await store.db
      .insertInto('sallyport_api_keys')
      .values([
        { ...apiKey, id: 'old', expires_at: now },
        { ...apiKey, id: 'new', expires_at: now + 1 },
      ])
      .execute();
    const token = { created_at: 1, successor_seed: 'seed', successor_digest: 'next' };
    await store.db
      .insertInto('sallyport_refresh_tokens')
      .values([
        { ...token, digest: 'a', session_id: 'old', consumed_at: now - 20_000 },
        { ...token, digest: 'b', session_id: 'new', consumed_at: now - 10_000 },
        { ...token, digest: 'c', session_id: 'new', consumed_at: now - 9_999 },
      ])
      .execute();

    const done = await purge(store, clock, { graceSeconds: 10 });

    expect(done).toEqual({ counters: 440, throttles: 1, sessions: 1, apiKeys: 1, seeds: 1 });
    const tokens = await store.db
      .selectFrom('sallyport_refresh_tokens')
      .select(['digest', 'successor_seed'])
      .orderBy('digest')
      .execute();
    expect(tokens).toEqual([
      { digest: 'b', successor_seed: null },
      { digest: 'c', successor_seed: 'seed' },
    ]);
    expect(await purge(store, clock)).toEqual({
      counters: 0,
      throttles: 0,
      sessions: 0,
      apiKeys: 0,
      seeds: 0,
    });
    const throttles = await store.db.selectFrom('sallyport_throttles').select('key').execute();
    expect(throttles).toEqual([{ key: 'new' }]);
  });
});
