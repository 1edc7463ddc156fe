import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Store } from '../../src/store/connection.js';
import { eraseEndedSeeds } from '../../src/store/maintenance.js';
import { revokeSession } from '../../src/tokens/refresh-family.js';
import { describeEachStore } from '../support/stores.js';
import { day, openFamily, start } from './family-bench.js';

const graceSeconds = 10;
const grace = graceSeconds * 1000;

/** What docs/decisions/003-refresh-grace.md says of a family, without a database, a digest or a key. */
interface Model {
  time: number;
  dead: boolean;
  /** The chain of tokens, in order; the last one is unconsumed. */
  readonly chain: { consumedAt: number | undefined; erased: boolean }[];
}

interface Real {
  readonly family: Awaited<ReturnType<typeof openFamily>>;
  readonly store: Store;
  readonly tokens: string[];
}

type Command = fc.AsyncCommand<Model, Real>;

function expected(model: Model, at: number): string {
  if (model.dead) return 'revoked';
  if (model.time >= start + 7 * day) return 'expired';
  const token = model.chain[at];
  if (token?.consumedAt === undefined) return 'rotated';
  const successorUnused = at === model.chain.length - 2;
  const withinGrace = Math.abs(model.time - token.consumedAt) < grace;
  return successorUnused && withinGrace && !token.erased ? 'repeated' : 'reused';
}

class Present implements Command {
  readonly back: number;

  constructor(back: number) {
    this.back = back;
  }

  check = () => true;

  async run(model: Model, { family, tokens }: Real): Promise<void> {
    const at = Math.max(0, model.chain.length - 1 - this.back);
    const outcome = expected(model, at);
    const seen = await family.refresh(tokens[at] ?? '');
    expect(seen.outcome).toBe(outcome);
    if (outcome === 'reused') model.dead = true;
    if (outcome === 'rotated') {
      const token = model.chain[at];
      if (token) token.consumedAt = model.time;
      model.chain.push({ consumedAt: undefined, erased: false });
    }
    if (!('refreshToken' in seen)) return;
    if (outcome === 'rotated') {
      expect(tokens).not.toContain(seen.refreshToken);
      tokens.push(seen.refreshToken);
    } else expect(seen.refreshToken).toBe(tokens.at(-1));
    expect(seen.session.expiresAt).toBe(start + 7 * day);
    expect(await family.seeds()).toBe(1);
  }

  toString = () => `present(${this.back} back)`;
}

class SetClock implements Command {
  readonly by: number;

  constructor(by: number) {
    this.by = by;
  }

  check = () => true;

  async run(model: Model, { family }: Real): Promise<void> {
    model.time += this.by;
    family.clock.time += this.by;
  }

  toString = () => `clock ${this.by} ms`;
}

class Erase implements Command {
  check = () => true;

  async run(model: Model, { family, store }: Real): Promise<void> {
    await eraseEndedSeeds(store.db, family.clock.now() - grace);
    for (const token of model.chain)
      if (token.consumedAt !== undefined && model.time - token.consumedAt >= grace) token.erased = true;
  }

  toString = () => 'erase ended seeds';
}

class Revoke implements Command {
  check = () => true;

  async run(model: Model, { family, store }: Real): Promise<void> {
    const { sessionId, clock } = family;
    const lived = await store.transaction((tx) => revokeSession(tx, sessionId, 'signed_out', clock));
    expect(lived).toBe(!model.dead);
    model.dead = true;
  }

  toString = () => 'revoke';
}

const clockSteps = [1, 4_000, grace - 1, grace, -1, -4_000, -grace, -day, day, 7 * day];
const present = fc.constantFrom(0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 3).map((back) => new Present(back));
const commands = fc.commands(
  [
    present,
    present,
    fc.constantFrom(...clockSteps).map((by) => new SetClock(by)),
    fc.constantFrom(...clockSteps.slice(0, 4)).map((by) => new SetClock(by)),
    fc.constant(new Erase()),
    fc.constant(new Revoke()),
  ],
  { maxCommands: 30 },
);

describeEachStore('a refresh family against its model', ({ open }) => {
  it('does in every order of events what the design says', async () => {
    const store = await open();
    await fc.assert(
      fc.asyncProperty(commands, async (run) => {
        const family = await openFamily(store, { graceSeconds });
        const model: Model = { time: start, dead: false, chain: [{ consumedAt: undefined, erased: false }] };
        const real: Real = { family, store, tokens: [family.refreshToken] };
        await fc.asyncModelRun(() => ({ model, real }), run);
      }),
      { numRuns: 60 },
    );
  });
});
