import { expect, it } from 'vitest';
import type { Principal } from '../../src/tokens/principal-queries.js';
import { idleSince, judgeSession } from '../../src/tokens/session-state.js';

const now = 1_800_000_000_000;
const claims = { sub: 'account', sid: 'session' };

function principal(change: Partial<Principal> & { isActive?: boolean; id?: string } = {}): Principal {
  const { isActive = true, id = 'account', ...session } = change;
  return {
    sessionId: 'session',
    clientId: 'sallyport',
    expiresAt: now + 1,
    revokedAt: null,
    revokedReason: null,
    scopes: null,
    lastSeenAt: now - 1,
    account: {
      ...{ id, isActive, role: 'user', passwordVersion: 1, createdAt: 0 },
      ...{ email: 'a@b.c', username: 'abc', fullName: null, bio: null },
    },
    ...session,
  };
}

const revoked = (revokedReason: string) => ({ revokedAt: now - 5, revokedReason });

it.each([
  ['live', 'a session of an active account', principal()],
  ['invalid', 'no session', undefined],
  ['invalid', 'the session of somebody else', principal({ id: 'other' })],
  ['invalid', 'another session', principal({ sessionId: 'other' })],
  ['invalid', 'an expired session', principal({ expiresAt: now })],
  ['invalid', 'an expired session of a disabled account', principal({ expiresAt: now, isActive: false })],
  ['invalid', 'a signed-out session', principal(revoked('signed_out'))],
  [
    'invalid',
    'a signed-out session of a disabled account',
    principal({ ...revoked('signed_out'), isActive: false }),
  ],
  ['invalid', 'a reused family', principal(revoked('reused'))],
  ['invalid', 'a session revoked for a reason unknown', principal({ revokedAt: 0, revokedReason: null })],
  ['disabled', 'a disabled account', principal({ isActive: false })],
  [
    'disabled',
    'a disabled account, families revoked',
    principal({ ...revoked('account_disabled'), isActive: false }),
  ],
  ['invalid', 'an account enabled again', principal(revoked('account_disabled'))],
])('%s: %s', (state, _what, given) => {
  expect(judgeSession(given, claims, { now, idle: false })).toBe(state);
});

it('a session that idled is over, a disabled account’s too', () => {
  expect(judgeSession(principal(), claims, { now, idle: true })).toBe('invalid');
  expect(judgeSession(principal({ isActive: false }), claims, { now, idle: true })).toBe('invalid');
});

it('idles from the minute that is set, or never', () => {
  expect(idleSince({ most: 10, idleMinutes: 5 }, now)).toBe(now - 300_000);
  expect(idleSince({ most: 10, idleMinutes: 0 }, now)).toBe(-1);
});
