import { afterAll, beforeAll, expect, it } from 'vitest';
import { findAccount, insertAccount, setPasswordHash } from '../../src/accounts/accounts-queries.js';
import { createPasswordHasher, type PasswordHasher } from '../../src/accounts/password-hash.js';
import { changePassword } from '../../src/flows/change-password.js';
import { deleteOwnAccount } from '../../src/flows/delete-account.js';
import { endSessions } from '../../src/flows/end-sessions.js';
import { admin, commandLine, type FlowDeps } from '../../src/flows/flow-deps.js';
import { signOut } from '../../src/flows/sign-out.js';
import { updateAccount } from '../../src/flows/update-account.js';
import { createSignInThrottle } from '../../src/limits/sign-in-throttle.js';
import type { Store } from '../../src/store/connection.js';
import { LastSeen } from '../../src/store/last-seen.js';
import { testSettings } from '../../src/testing/test-settings.js';
import { createAccessTokens } from '../../src/tokens/access-token.js';
import { createDeviceTokens } from '../../src/tokens/device-token.js';
import { openSession } from '../../src/tokens/refresh-family.js';
import { writeLastSeen } from '../../src/tokens/session-queries.js';
import { describeEachStore } from '../support/stores.js';
import { fromNowhere } from '../tokens/family-bench.js';
import { clockAt, keyFor } from '../tokens/support.js';

const password = 'Wonderland-1865';
const origin = { address: '192.0.2.1', network: undefined, requestId: undefined };
let people = 0;
let hasher: PasswordHasher;
beforeAll(async () => {
  hasher = await createPasswordHasher({ rounds: 4, threads: 1 });
});
afterAll(() => hasher.close());

/** Somebody signed in, and flows before whose last hash is out `meanwhile` happens: what a long queue of hashes leaves time for. */
async function createScene(store: Store) {
  people += 1;
  const [clock, key, settings] = [clockAt(1_700_000_000_000), await keyFor('HS256'), await testSettings()];
  const names = { email: `proven_${people}@example.org`, username: `proven_${people}` };
  const passwordHash = await hasher.hash(password);
  const person = { ...names, passwordHash, fullName: null, bio: null, role: 'user' } as const;
  const { account, session } = await store.transaction(async (tx) => {
    const made = await insertAccount(tx, person, clock);
    const opened = await openSession(tx, {
      accountId: made.id,
      clientId: 'x',
      clock,
      expireDays: 1,
      ...fromNowhere,
    });
    return { account: made, session: { accountId: made.id, sessionId: opened.sessionId } };
  });
  const url = 'http://localhost';
  const deps = (meanwhile: () => Promise<unknown>): FlowDeps => ({
    ...{ store, clock, settings },
    accessTokens: createAccessTokens({ key, clock, issuer: url, audience: url, expireMinutes: 30 }),
    deviceTokens: createDeviceTokens({ key, clock }),
    throttle: createSignInThrottle({ store, clock, key: Buffer.alloc(32, 7) }),
    activity: new LastSeen(store, clock, writeLastSeen),
    keyActivity: new LastSeen(store, clock, writeLastSeen),
    hasher: {
      ...hasher,
      async verify(...given) {
        const matches = await hasher.verify(...given);
        await meanwhile();
        return matches;
      },
    },
  });
  const ways = {
    'signed out': () => signOut({ store, clock }, session, origin),
    'ended by an admin': () => endSessions({ store, clock }, account.id, admin(account.id), origin),
    disabled: () => updateAccount({ store, clock }, account.id, { isActive: false }, commandLine, origin),
    expired: async () => {
      clock.time += 25 * 60 * 60_000;
    },
    'given another password': () =>
      store.transaction((tx) => setPasswordHash(tx, account.id, 'other', { bumpVersion: true }, clock)),
    'let be': async () => {},
  };
  return { account, session, deps, ways };
}

const codes = [
  ['signed out', 'invalid_credentials'],
  ['ended by an admin', 'invalid_credentials'],
  ['disabled', 'account_disabled'],
  ['expired', 'invalid_credentials'],
  ['given another password', 'wrong_password'],
  ['let be', 'done'],
] as const;

describeEachStore('while the password is hashed', ({ open }) => {
  const outcome = (flow: Promise<void>): Promise<string> =>
    flow.then(
      () => 'done',
      (error: { code: string }) => error.code,
    );

  it.each(codes)('who is %s changes no password: %s', async (how, code) => {
    const store = await open();
    const { account, session, deps, ways } = await createScene(store);
    const passwords = { currentPassword: password, newPassword: 'Looking-Glass-1871' };
    const change = { ...passwords, revokeApiKeys: false, signal: undefined };
    const before = (await findAccount(store.db, account.id))?.passwordVersion ?? 0;
    const flow = changePassword(deps(ways[how]), account, { ...change, ...session }, origin);
    expect(await outcome(flow)).toBe(code);
    const bumps = how === 'let be' || how === 'given another password' ? 1 : 0;
    expect((await findAccount(store.db, account.id))?.passwordVersion).toBe(before + bumps);
  });

  it.each(codes)('who is %s deletes no account: %s', async (how, code) => {
    const store = await open();
    const { account, session, deps, ways } = await createScene(store);
    const proof = { password, sessionId: session.sessionId, signal: undefined };
    expect(await outcome(deleteOwnAccount(deps(ways[how]), account, proof, origin))).toBe(code);
    expect((await findAccount(store.db, account.id)) === undefined).toBe(how === 'let be');
  });
});
