import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Step } from './plan.js';
import type { Made } from './recipe.js';

const nothing: Made = Object.freeze({});

/** Named values out of slots. */
export function gather(names: readonly string[], from: readonly number[], values: readonly unknown[]): Made {
  if (names.length === 0) return nothing;
  const made: Record<string, unknown> = {};
  for (let at = 0; at < names.length; at += 1) made[names[at] as string] = values[from[at] as number];
  return made;
}

/** Whether it must be waited for. Anything with a `then` counts, as for `await`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

/** What one request has resolved so far, and what of it wants to be disposed. */
export class Scope {
  readonly values: unknown[];
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** From here on the handler's run disposes; before, whoever ends the request. */
  handling = false;
  #made: AsyncDisposable[] | undefined = undefined;

  constructor(size: number, request: FastifyRequest, reply: FastifyReply) {
    this.values = new Array<unknown>(size);
    this.request = request;
    this.reply = reply;
  }

  get holdsSomething(): boolean {
    return this.#made !== undefined;
  }

  /** One after the other. What is there at once costs no turn of the event loop: then it returns undefined. */
  inOrder(steps: readonly Step[], first = 0): Promise<void> | undefined {
    for (let at = first; at < steps.length; at += 1) {
      const step = steps[at] as Step;
      const value = this.#make(step);
      if (isThenable(value)) return this.#goOn(steps, at, value);
      this.#keep(step.slot, value);
    }
    return undefined;
  }

  async #goOn(steps: readonly Step[], at: number, value: PromiseLike<unknown>): Promise<void> {
    this.#keep((steps[at] as Step).slot, await value);
    await this.inOrder(steps, at + 1);
  }

  /** All at once; each waits only for what it needs. The first failure in the order written is the one that is told. */
  atOnce(steps: readonly Step[]): Promise<void> | undefined {
    let pending: Map<number, Promise<void>> | undefined;
    for (const step of steps) {
      let value: unknown;
      try {
        const awaited = pending === undefined ? undefined : awaitedBy(step, pending);
        value = awaited === undefined ? this.#make(step) : awaited.then(() => this.#make(step));
      } catch (error) {
        if (pending === undefined) throw error;
        // What already began is waited for, so that it can be disposed; nothing further begins.
        pending.set(step.slot, Promise.reject(error));
        break;
      }
      if (isThenable(value)) {
        pending ??= new Map();
        pending.set(step.slot, this.#keepLater(step.slot, value));
      } else this.#keep(step.slot, value);
    }
    return pending === undefined ? undefined : allOf(pending.values());
  }

  async #keepLater(slot: number, value: PromiseLike<unknown>): Promise<void> {
    this.#keep(slot, await value);
  }

  #make(step: Step): unknown {
    const value = step.make(gather(step.names, step.from, this.values), this.request, this.reply);
    // A Fastify reply is thenable and would be waited for until the answer is out: for ever.
    if (value === this.reply)
      throw new TypeError(`The dependency ${step.name} returns the reply; wrap it in an object.`);
    return value;
  }

  #keep(slot: number, value: unknown): void {
    this.values[slot] = value;
    if (typeof value !== 'object' || value === null || !(Symbol.asyncDispose in value)) return;
    const one = value as AsyncDisposable;
    this.#made ??= [];
    // What a dependency hands on from another (requireRole gives currentUser's account) is disposed once.
    if (!this.#made.includes(one)) this.#made.push(one);
  }

  /** The last made first; all of them, even when one throws. Does nothing the second time. */
  async dispose(): Promise<void> {
    const made = this.#made;
    if (made === undefined) return;
    this.#made = undefined;
    const failures: unknown[] = [];
    for (const one of made.reverse()) {
      try {
        await one[Symbol.asyncDispose]();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new Error('A dependency could not be disposed', { cause: failures[0] });
  }
}

function awaitedBy(step: Step, pending: ReadonlyMap<number, Promise<void>>): Promise<unknown> | undefined {
  const awaited: Promise<void>[] = [];
  for (const slot of step.from) {
    const one = pending.get(slot);
    if (one !== undefined) awaited.push(one);
  }
  return awaited.length === 0 ? undefined : Promise.all(awaited);
}

async function allOf(pending: Iterable<Promise<void>>): Promise<void> {
  for (const one of await Promise.allSettled(pending)) if (one.status === 'rejected') throw one.reason;
}
