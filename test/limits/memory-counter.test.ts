import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryCounter } from '../../src/limits/memory-counter.js';

const policy = { name: 'default', requests: 5, windowSeconds: 70 };

function setUp(maxKeys = 100_000) {
  const clock = { at: 1_700_000_000_000, now: () => clock.at };
  const counter = createMemoryCounter({ clock, maxKeys });
  const take = (key = '203.0.113.7') => counter.take(key, policy);
  return { clock, counter, take };
}

describe('the memory counter', () => {
  it('lets the policy’s number through and says what is left', () => {
    const { take } = setUp();
    const verdicts = Array.from({ length: 6 }, () => take());
    expect(verdicts.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 4],
      [true, 3],
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ]);
    expect(verdicts[5]).toEqual({
      allowed: false,
      limit: 5,
      remaining: 0,
      resetSeconds: 70,
      windowSeconds: 70,
      policy: 'default',
    });
  });

  it('gives a burst back exactly one window after it', () => {
    const { clock, take } = setUp();
    for (let i = 0; i < 5; i += 1) take();
    clock.at += 69_999;
    expect(take()).toMatchObject({ allowed: false, resetSeconds: 1 });
    clock.at += 1;
    expect(take()).toMatchObject({ allowed: true, remaining: 4 });
  });

  it('does not charge a refused request: Retry-After holds however often one asks', () => {
    const { clock, take } = setUp();
    for (let i = 0; i < 50; i += 1) take();
    clock.at += 35_000;
    const refused = take();
    clock.at += refused.resetSeconds * 1000;
    expect(take().allowed).toBe(true);
  });

  it('is not doubled around the edge of a window', () => {
    const { clock, take } = setUp();
    take();
    clock.at += 69_000;
    const before = Array.from({ length: 4 }, () => take().allowed);
    clock.at += 1_001;
    const after = Array.from({ length: 5 }, () => take().allowed);
    expect([...before, ...after].filter(Boolean)).toHaveLength(5);
  });

  it('never lets more through in any stretch as long as the window', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 150 }), (steps) => {
        const { clock, take } = setUp();
        const passed: number[] = [];
        for (const step of steps) {
          clock.at += step;
          if (take().allowed) passed.push(clock.at);
        }
        return passed.every((from) => passed.filter((at) => at >= from && at < from + 70_000).length <= 5);
      }),
      { numRuns: 400 },
    );
  });

  it('lets in whoever waits for what it was told', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 60 }), (steps) => {
        const { clock, take } = setUp();
        for (const step of steps) {
          clock.at += step;
          take();
        }
        const told = take();
        if (!told.allowed) clock.at += told.resetSeconds * 1000;
        return take().allowed || told.allowed;
      }),
    );
  });

  it('counts on when the clock steps back', () => {
    const { clock, take } = setUp();
    for (let i = 0; i < 5; i += 1) take();
    clock.at -= 3_600_000;
    expect(take().allowed).toBe(false);
  });

  it('shuts nobody out for longer than a window when the clock comes back from the future', () => {
    const { clock, take } = setUp();
    const today = clock.at;
    clock.at += 365 * 86_400_000;
    for (let i = 0; i < 5; i += 1) take();
    clock.at = today;
    expect(take()).toMatchObject({ allowed: false, resetSeconds: 70 });
    clock.at += 70_000;
    // Segments roll again, too: hits of now are over a window from now.
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 5; i += 1) expect(take().allowed).toBe(true);
      expect(take().allowed).toBe(false);
      clock.at += 70_000;
    }
  });

  it('never lets more through in a window of true time, however often the clock is set back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 90_000 })), {
          maxLength: 100,
        }),
        (steps) => {
          const { clock, take } = setUp();
          let trueTime = 0;
          const passed: number[] = [];
          for (const [step, back] of steps) {
            trueTime += step;
            clock.at += step;
            if (back > 60_000) clock.at -= back;
            if (take().allowed) passed.push(trueTime);
          }
          return passed.every((from) => passed.filter((at) => at >= from && at < from + 70_000).length <= 5);
        },
      ),
    );
  });

  it('keeps keys and policies apart, and refuses two policies of one name', () => {
    const { counter, take } = setUp();
    for (let i = 0; i < 6; i += 1) take('a');
    expect(take('b').allowed).toBe(true);
    expect(counter.take('a', { ...policy, name: 'other' }).allowed).toBe(true);
    expect(() => counter.take('a', { ...policy, requests: 6 })).toThrow(/"default"/);
  });
});

describe('an attacker with many addresses', () => {
  const stranger = (n: number) => `2001:db8:${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}::/64`;

  it('puts nobody’s count out', () => {
    const { take } = setUp(1_000);
    for (let i = 0; i < 5; i += 1) take('203.0.113.7');
    for (let n = 0; n < 20_000; n += 1) take(stranger(n));
    expect(take('203.0.113.7').allowed).toBe(false);
  });

  it('gets ten clients’ quota from a whole /48, spread over its /64s, and leaves the next /48 alone', () => {
    const { clock, take } = setUp();
    const verdicts = Array.from({ length: 3_000 }, (_, n) => take(stranger(n)));
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(50);
    expect(verdicts.at(-1)).toMatchObject({ allowed: false, limit: 50, remaining: 0, resetSeconds: 70 });
    expect(take(stranger(1 << 16))).toMatchObject({ allowed: true, limit: 5, remaining: 4 });
    clock.at += 70_000;
    expect(take(stranger(7))).toMatchObject({ allowed: true, limit: 5 });
  });

  it('does not charge a /48 for what one of its clients is refused', () => {
    const { take } = setUp();
    for (let n = 0; n < 500; n += 1) take(stranger(1));
    expect(take(stranger(2))).toMatchObject({ allowed: true, remaining: 4 });
  });

  it('counts an IPv4 /24 by its addresses alone', () => {
    const { take } = setUp();
    const verdicts = Array.from({ length: 1_000 }, (_, n) => take(`203.0.113.${n % 200}`));
    expect(verdicts.every(({ allowed }) => allowed)).toBe(true);
  });

  it('counts by /48 beyond the keys, and all together beyond the networks', () => {
    const { take } = setUp(100);
    for (let n = 0; n < 100; n += 1) take(`198.51.100.${n}`);
    const sameNetwork = Array.from({ length: 200 }, (_, n) => take(stranger(1_000 + n)));
    expect(sameNetwork.filter(({ allowed }) => allowed)).toHaveLength(50);
    const manyNetworks = Array.from({ length: 5_000 }, (_, n) => take(stranger((n + 1) << 16)));
    expect(manyNetworks.filter(({ allowed }) => allowed).length).toBeLessThanOrEqual(8 * 50 + 500);
    expect(manyNetworks.at(-1)).toMatchObject({ allowed: false });
  });

  it('leaves room again when its hits are over', () => {
    const { clock, take } = setUp(100);
    for (let n = 0; n < 5_000; n += 1) take(stranger(n << 16));
    expect(take('203.0.113.7').limit).toBeGreaterThan(5);
    clock.at += 80_001;
    for (let n = 0; n < 60; n += 1) take('198.51.100.1');
    for (let n = 0; n < 60; n += 1) take(`192.0.2.${n}`);
    expect(take('203.0.113.7')).toMatchObject({ allowed: true, limit: 5 });
  });
});
