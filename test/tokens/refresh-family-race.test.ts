import { describe, expect, it } from 'vitest';
import { revokeSession, rotate } from '../../src/tokens/refresh-family.js';
import { describeEachStore } from '../support/stores.js';
import { openFamily, refreshTokenIn, unending } from './family-bench.js';

describe('twenty at once', () => {
  describeEachStore('present the same token', ({ open }) => {
    const race = async (graceSeconds: number) => {
      const family = await openFamily(await open(), { graceSeconds });
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => family.refresh(family.refreshToken)),
      );
      const count = (name: string) => outcomes.filter(({ outcome }) => outcome === name).length;
      return { family, outcomes, count };
    };

    it('within the grace: one rotates, all get the one successor, nobody is signed out', async () => {
      const { family, outcomes, count } = await race(10);
      expect([count('rotated'), count('repeated')]).toEqual([1, 19]);
      const successors = new Set(outcomes.map(refreshTokenIn));
      expect(successors.size).toBe(1);
      expect((await family.refresh([...successors][0] ?? '')).outcome).toBe('rotated');
    });

    it('of two servers on one database: one rotates, one successor', async () => {
      const [left, right] = [await open(), await open()];
      const family = await openFamily(left);
      const { clock, refreshToken } = family;
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? left : right).transaction((tx) =>
            rotate(tx, refreshToken, { clock, graceSeconds: 10, sessions: unending }),
          ),
        ),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(1);
      expect(new Set(outcomes.map(refreshTokenIn)).size).toBe(1);
    });

    it('with grace 0: one rotates, the second revokes, the rest are refused', async () => {
      const { family, count } = await race(0);
      expect([count('rotated'), count('reused'), count('revoked')]).toEqual([1, 1, 18]);
      expect((await family.row()).revoked_reason).toBe('reused');
    });

    it('while another server revokes: every outcome is one of the three, and the family ends dead', async () => {
      const store = await open();
      const family = await openFamily(store);
      const { sessionId, clock } = family;
      const work = Array.from({ length: 20 }, (_, index) =>
        index === 10
          ? store.transaction((tx) => revokeSession(tx, sessionId, 'ended_by_admin', clock))
          : family.refresh(family.refreshToken),
      );
      const outcomes = (await Promise.all(work)).flatMap((one) => (typeof one === 'boolean' ? [] : [one]));
      for (const { outcome } of outcomes) expect(['rotated', 'repeated', 'revoked']).toContain(outcome);
      expect((await family.row()).revoked_reason).toBe('ended_by_admin');
      for (const one of outcomes.filter((each) => 'refreshToken' in each))
        expect(await family.refresh(refreshTokenIn(one))).toEqual({ outcome: 'revoked' });
    });

    it('and its successor, mixed: no deadlock, no error, at most one living chain', async () => {
      const store = await open();
      const family = await openFamily(store);
      const successor = refreshTokenIn(await family.refresh(family.refreshToken));
      const work = Array.from({ length: 20 }, (_, index) =>
        family.refresh(index % 2 === 0 ? family.refreshToken : successor),
      );
      const outcomes = await Promise.all(work);
      expect(outcomes.filter(({ outcome }) => outcome === 'rotated').length).toBeLessThanOrEqual(1);
      const unconsumed = await store.db
        .selectFrom('sallyport_refresh_tokens')
        .select('digest')
        .where('session_id', '=', family.sessionId)
        .where('consumed_at', 'is', null)
        .execute();
      expect(unconsumed).toHaveLength(1);
    });
  });
});
