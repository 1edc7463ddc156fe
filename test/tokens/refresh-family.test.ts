import { expect, it } from 'vitest';
import { hmacSha256, sha256 } from '../../src/base/digest.js';
import { randomToken } from '../../src/base/random.js';
import { eraseEndedSeeds } from '../../src/store/maintenance.js';
import {
  findSessionOfRefreshToken,
  openSession,
  revokeSession,
  revokeSessionsOf,
  rotate,
} from '../../src/tokens/refresh-family.js';
import { describeEachStore } from '../support/stores.js';
import { day, fromNowhere, openFamily, refreshTokenIn, second, start, unending } from './family-bench.js';

describeEachStore('a refresh family', ({ open }) => {
  it('rotates: each token once, the session unmoved', async () => {
    const family = await openFamily(await open());
    const { accountId, sessionId, expiresAt } = family;
    expect(expiresAt).toBe(start + 7 * day);
    const seen = new Set([family.refreshToken]);
    let token = family.refreshToken;
    for (let turn = 1; turn <= 5; turn += 1) {
      family.clock.time += day;
      const outcome = await family.refresh(token);
      expect(outcome).toMatchObject({
        outcome: 'rotated',
        session: { sessionId, accountId, clientId: 'sallyport', expiresAt },
      });
      token = refreshTokenIn(outcome);
      expect(token).toMatch(/^[\w-]{43}$/);
      seen.add(token);
    }
    expect(seen.size).toBe(6);
  });

  it('gives the same successor again within the grace', async () => {
    const family = await openFamily(await open());
    const first = await family.refresh(family.refreshToken);
    family.clock.time += 9_999;
    const again = await family.refresh(family.refreshToken);
    expect(again).toEqual({ ...first, outcome: 'repeated' });
    expect((await family.refresh(refreshTokenIn(again))).outcome).toBe('rotated');
  });

  it('is revoked by a second use after the grace', async () => {
    const family = await openFamily(await open());
    const successor = refreshTokenIn(await family.refresh(family.refreshToken));
    family.clock.time += 10 * second;
    const { sessionId, accountId } = family;
    expect(await family.refresh(family.refreshToken)).toEqual({ outcome: 'reused', sessionId, accountId });
    expect(await family.row()).toMatchObject({ revoked_reason: 'reused', revoked_at: family.clock.time });
    expect(await family.refresh(successor)).toEqual({ outcome: 'revoked' });
    expect(await family.refresh(family.refreshToken)).toEqual({ outcome: 'revoked' });
  });

  it('is revoked by a second use once the successor was presented, grace or not', async () => {
    const family = await openFamily(await open());
    const successor = refreshTokenIn(await family.refresh(family.refreshToken));
    expect((await family.refresh(successor)).outcome).toBe('rotated');
    expect((await family.refresh(family.refreshToken)).outcome).toBe('reused');
    expect((await family.refresh(successor)).outcome).toBe('revoked');
  });

  it('with grace 0 is revoked by any second use', async () => {
    const family = await openFamily(await open(), { graceSeconds: 0 });
    const successor = refreshTokenIn(await family.refresh(family.refreshToken));
    expect((await family.refresh(family.refreshToken)).outcome).toBe('reused');
    expect((await family.refresh(successor)).outcome).toBe('revoked');
  });

  it('ends at its absolute expiry, however often it was refreshed', async () => {
    const family = await openFamily(await open());
    family.clock.time = start + 7 * day - 1;
    const successor = refreshTokenIn(await family.refresh(family.refreshToken));
    family.clock.time += 1;
    expect(await family.refresh(successor)).toEqual({ outcome: 'expired' });
    expect(await family.refresh(family.refreshToken)).toEqual({ outcome: 'expired' });
    // What was refused is not consumed: the clock may have been wrong.
    family.clock.time -= 1;
    expect((await family.refresh(successor)).outcome).toBe('rotated');
  });

  it('lives on where the revocation is rolled back: hence an outcome to commit, not a throw', async () => {
    const store = await open();
    const family = await openFamily(store, { graceSeconds: 0 });
    const { clock, refreshToken } = family;
    const successor = refreshTokenIn(await family.refresh(refreshToken));
    const thrown = store.transaction(async (tx) => {
      expect((await rotate(tx, refreshToken, { clock, graceSeconds: 0, sessions: unending })).outcome).toBe(
        'reused',
      );
      throw new Error('refused too early');
    });
    await expect(thrown).rejects.toThrow('refused too early');
    expect((await family.refresh(successor)).outcome).toBe('rotated');
  });

  it('keeps digests alone at rest, and one seed at most', async () => {
    const store = await open();
    const family = await openFamily(store);
    const tokens = [family.refreshToken];
    for (const turn of [1, 2, 3]) {
      tokens.push(refreshTokenIn(await family.refresh(tokens[turn - 1] ?? '')));
      expect(await family.seeds()).toBe(1);
    }
    const rows = await store.db
      .selectFrom('sallyport_refresh_tokens')
      .selectAll()
      .where('session_id', '=', family.sessionId)
      .execute();
    expect(rows.map(({ digest }) => digest).sort()).toEqual(tokens.map(sha256).sort());
    for (const token of tokens) expect(JSON.stringify(rows)).not.toContain(token);
    const consumed = rows.find((row) => row.successor_seed !== null);
    const seed = Buffer.from(consumed?.successor_seed ?? '', 'base64url');
    expect(seed).toHaveLength(32);
    expect(hmacSha256(tokens[2] ?? '', seed)).toBe(tokens[3]);
  });

  it('loses its seeds when the grace ends, and when it is revoked', async () => {
    const store = await open();
    const family = await openFamily(store);
    const { clock } = family;
    const successor = refreshTokenIn(await family.refresh(family.refreshToken));
    clock.time += 9_999;
    await eraseEndedSeeds(store.db, clock.now() - 10 * second);
    expect(await family.seeds()).toBe(1);
    clock.time += 1;
    await eraseEndedSeeds(store.db, clock.now() - 10 * second);
    expect(await family.seeds()).toBe(0);
    await family.refresh(successor);
    expect(await family.seeds()).toBe(1);
    await store.transaction((tx) => revokeSession(tx, family.sessionId, 'signed_out', clock));
    expect(await family.seeds()).toBe(0);
  });

  it('never mistakes a presented token for another', async () => {
    const store = await open();
    const [mine, other] = [await openFamily(store), await openFamily(store)];
    for (const token of [
      '',
      'x',
      '\0',
      '\ud800',
      'a'.repeat(100_000),
      `${mine.refreshToken} `,
      randomToken(),
    ]) {
      expect(await mine.refresh(token)).toEqual({ outcome: 'unknown' });
    }
    expect(await mine.refresh(sha256(mine.refreshToken))).toEqual({ outcome: 'unknown' });
    await mine.refresh(mine.refreshToken);
    mine.clock.time += day;
    expect((await mine.refresh(mine.refreshToken)).outcome).toBe('reused');
    expect((await other.refresh(other.refreshToken)).outcome).toBe('rotated');
  });
});

describeEachStore('a clock that is set back', ({ open }) => {
  it('by less than the grace lets the loser of two tabs in', async () => {
    const family = await openFamily(await open());
    const first = await family.refresh(family.refreshToken);
    family.clock.time -= 9_999;
    expect(await family.refresh(family.refreshToken)).toEqual({ ...first, outcome: 'repeated' });
  });

  it('by more does not stretch the grace', async () => {
    const family = await openFamily(await open());
    await family.refresh(family.refreshToken);
    family.clock.time -= 3_600 * second;
    expect((await family.refresh(family.refreshToken)).outcome).toBe('reused');
  });

  it('locks out nobody who holds the newest token', async () => {
    const family = await openFamily(await open());
    const successor = refreshTokenIn(await family.refresh(family.refreshToken));
    family.clock.time -= 30 * day;
    expect((await family.refresh(successor)).outcome).toBe('rotated');
  });
});

describeEachStore('120 tokens an hour', ({ open }) => {
  /** A family at its limit, a token a second; `next` refreshes by the newest. */
  async function fill() {
    const family = await openFamily(await open());
    let token = family.refreshToken;
    const next = async (): Promise<string> => {
      const made = await family.refresh(token);
      if (made.outcome === 'rotated') token = made.refreshToken;
      return made.outcome === 'too_often' ? `closed for ${made.opensAt - family.clock.time}` : made.outcome;
    };
    for (let issued = 1; issued < 120; issued += 1) {
      family.clock.time += second;
      expect(await next()).toBe('rotated');
    }
    return { clock: family.clock, next };
  }
  const hour = 3_600 * second;

  it('and then until the oldest of them is an hour old, to the millisecond', async () => {
    const { clock, next } = await fill();
    expect(await next()).toBe(`closed for ${hour - 119 * second}`);
    clock.time = start + hour - 1;
    expect(await next()).toBe('closed for 1');
    clock.time += 1;
    expect([await next(), await next()]).toEqual(['rotated', `closed for ${second}`]);
  });

  it('and a clock that was set back neither closes it for longer nor makes the wait untrue', async () => {
    const { clock, next } = await fill();
    clock.time = start - hour;
    for (let issued = 0; issued < 60; issued += 1) expect(await next()).toBe('rotated');
    clock.time = start - 60 * second;
    for (let issued = 0; issued < 60; issued += 1) expect(await next()).toBe('rotated');
    // Both hours' tokens lie in this window: the wait is until so many are over that one more may come.
    clock.time = start + 120 * second;
    const told = await next();
    expect(told).toMatch(/^closed for \d+$/);
    clock.time += Number(told.split(' ').at(-1)) - 1;
    expect(await next()).toBe('closed for 1');
    clock.time += 1;
    expect(await next()).toBe('rotated');
  });
});

describeEachStore('revocation', ({ open }) => {
  it('ends one session, once; the first reason stays', async () => {
    const store = await open();
    const family = await openFamily(store);
    const revoke = (reason: 'signed_out' | 'revoked') =>
      store.transaction((tx) => revokeSession(tx, family.sessionId, reason, family.clock));
    expect(await revoke('signed_out')).toBe(true);
    expect(await revoke('revoked')).toBe(false);
    expect((await family.row()).revoked_reason).toBe('signed_out');
    expect(await family.refresh(family.refreshToken)).toEqual({ outcome: 'revoked' });
    const unknown = await store.transaction((tx) => revokeSession(tx, 'no session', 'revoked', family.clock));
    expect(unknown).toBe(false);
  });

  it('ends all sessions of an account but the one excepted, and no other', async () => {
    const store = await open();
    const [family, stranger] = [await openFamily(store), await openFamily(store)];
    const { accountId, clock } = family;
    const more = await Promise.all(
      ['a', 'b', 'c'].map((clientId) =>
        store.transaction((tx) =>
          openSession(tx, { accountId, clientId, clock, expireDays: 7, ...fromNowhere }),
        ),
      ),
    );
    await family.refresh(family.refreshToken);
    const except = more[0]?.sessionId;
    const reason = 'password_changed';
    const revoked = await store.transaction((tx) =>
      revokeSessionsOf(tx, accountId, { except, reason, clock }),
    );
    expect(revoked).toBe(3);
    expect(await family.seeds()).toBe(0);
    expect((await family.refresh(more[0]?.refreshToken ?? '')).outcome).toBe('rotated');
    expect((await family.refresh(more[1]?.refreshToken ?? '')).outcome).toBe('revoked');
    expect((await stranger.refresh(stranger.refreshToken)).outcome).toBe('rotated');
    const rest = await store.transaction((tx) => revokeSessionsOf(tx, accountId, { reason, clock }));
    expect(rest).toBe(1);
  });

  it('finds the session by any token of the family (RFC 7009)', async () => {
    const store = await open();
    const family = await openFamily(store);
    const { sessionId, accountId } = family;
    const successor = refreshTokenIn(await family.refresh(family.refreshToken));
    for (const token of [family.refreshToken, successor])
      expect(await findSessionOfRefreshToken(store.db, token)).toEqual({ sessionId, accountId });
    for (const token of ['', 'x', '\0', randomToken(), sha256(successor)])
      expect(await findSessionOfRefreshToken(store.db, token)).toBeUndefined();
  });
});
