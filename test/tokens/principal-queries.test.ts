import { expect, it } from 'vitest';
import { loadPrincipal } from '../../src/tokens/principal-queries.js';
import { revokeSession } from '../../src/tokens/refresh-family.js';
import { describeEachStore } from '../support/stores.js';
import { openFamily, start } from './family-bench.js';

describeEachStore('loadPrincipal', ({ open }) => {
  it('reads session and account in one row, and nothing of the password', async () => {
    const store = await open();
    const { sessionId, accountId, expiresAt, clock } = await openFamily(store);
    const principal = await loadPrincipal(store.db, sessionId);
    expect(principal).toStrictEqual({
      sessionId,
      clientId: 'sallyport',
      expiresAt,
      revokedAt: null,
      revokedReason: null,
      scopes: null,
      lastSeenAt: start,
      account: {
        id: accountId,
        email: `${accountId}@Example.com`,
        username: accountId,
        fullName: null,
        bio: 'b',
        role: 'user',
        isActive: true,
        createdAt: start,
        passwordVersion: 1,
      },
    });
    // The next read sees what was committed before it: nothing is remembered.
    await store.transaction((tx) => revokeSession(tx, sessionId, 'signed_out', clock));
    const accounts = store.db.updateTable('sallyport_accounts').set({ is_active: false, role: 'admin' });
    await accounts.where('id', '=', accountId).execute();
    const after = await loadPrincipal(store.db, sessionId);
    expect(after).toMatchObject({ revokedAt: start, revokedReason: 'signed_out' });
    expect(after?.account).toMatchObject({ isActive: false, role: 'admin' });
    expect(await store.transaction((tx) => loadPrincipal(tx, sessionId))).toStrictEqual(after);
  });

  it('finds nothing for an unknown session, nor for one whose account was deleted', async () => {
    const store = await open();
    const { sessionId, accountId } = await openFamily(store);
    for (const id of ['', 'x', accountId]) expect(await loadPrincipal(store.db, id)).toBeUndefined();
    await store.db.deleteFrom('sallyport_accounts').where('id', '=', accountId).execute();
    expect(await loadPrincipal(store.db, sessionId)).toBeUndefined();
  });
});
