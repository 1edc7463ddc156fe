import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Query } from '../../src/store/connection.js';
import { describeEachStore } from '../support/stores.js';
import { accountIds, insertAccount } from './accounts.js';

/** Whether a commit on this connection waits until the disk has it, as the engine itself says. */
async function isDurable(db: Query, engine: 'sqlite' | 'postgres'): Promise<boolean> {
  if (engine === 'sqlite') {
    const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(db);
    return rows[0]?.synchronous === 2;
  }
  const { rows } = await sql<{ synchronous_commit: string }>`show synchronous_commit`.execute(db);
  return rows[0]?.synchronous_commit === 'on';
}

describeEachStore('what is relaxed', ({ open, engine }) => {
  test('a relaxed transaction does not wait for the disk; others do, before and after', async () => {
    const store = await open();
    const durable = (relaxed: boolean) =>
      store.transaction((tx) => isDurable(tx, engine), relaxed ? { relaxed } : {});
    expect(await durable(false)).toBe(true);
    expect(await durable(true)).toBe(false);
    expect(await durable(false)).toBe(true);
    expect(await isDurable(store.db, engine)).toBe(true);
  });

  test('one that throws is rolled back, and the next is durable again', async () => {
    const store = await open();
    const failing = store.transaction(
      async (tx) => {
        await insertAccount(tx, 'relaxed-and-gone');
        throw new Error('no');
      },
      { relaxed: true },
    );
    await expect(failing).rejects.toThrow('no');
    expect(await accountIds(store.db)).not.toContain('relaxed-and-gone');
    expect(await store.transaction((tx) => isDurable(tx, engine))).toBe(true);
  });

  test('others see at once what was written', async () => {
    const [store, other] = [await open(), await open()];
    await insertAccount(store.relaxed, 'relaxed-and-there');
    expect(await accountIds(other.db)).toContain('relaxed-and-there');
    expect(await isDurable(store.db, engine)).toBe(true);
  });
});
