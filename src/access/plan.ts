import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type Dependency, type InputPart, type Made, type Recipe, recipeOf } from './recipe.js';

/** One value to make: from which slots, into which slot. */
export interface Step {
  readonly name: string;
  readonly make: (needs: Made, request: FastifyRequest, reply: FastifyReply) => unknown;
  readonly names: readonly string[];
  readonly from: readonly number[];
  readonly slot: number;
}

/** One schema to read a part of the request by, and the slot for what comes of it. */
export interface PlannedInput {
  readonly part: InputPart | 'body';
  readonly schema: z.ZodType;
  readonly slot: number;
}

/** What one request of a route resolves, in which order: worked out at start, so that a request only follows it. */
export interface Plan {
  readonly size: number;
  /** Before the body is read, one after the other: guards without input, and what they need. */
  readonly early: readonly Step[];
  /** When the body was read and not yet parsed: guards that need `rawBody`. */
  readonly onRawBody: readonly Step[];
  /** After validation, one after the other: own guards that need an input. */
  readonly late: readonly Step[];
  /** All the others, at once. */
  readonly rest: readonly Step[];
  readonly inputs: readonly PlannedInput[];
  /** -1: nobody asked for the bytes of the body. */
  readonly rawBodySlot: number;
}

/** What a test put in the place of dependencies. */
export type Overrides = ReadonlyMap<Dependency<unknown>, () => unknown>;
type Reads = 'nothing' | 'rawBody' | 'input';

/**
 * Gives every dependency of one route a slot and a place in the order; used once for each route, at start.
 * A need that no factory of this room made is refused with ConfigurationError.
 */
export class Planner {
  readonly #overrides: Overrides;
  readonly #slots = new Map<Dependency<unknown>, number>();
  readonly #reads = new Map<Dependency<unknown>, Reads>();
  readonly #inputs: PlannedInput[] = [];
  #size = 0;
  #rawBodySlot = -1;

  constructor(overrides: Overrides = new Map()) {
    this.#overrides = overrides;
  }

  /** An input of the route itself. */
  input(part: PlannedInput['part'], schema: z.ZodType): number {
    const slot = this.#size++;
    this.#inputs.push({ part, schema, slot });
    return slot;
  }

  slotOf(wanted: Dependency<unknown>): number {
    return this.#slots.get(wanted) ?? -1;
  }

  plan(needs: readonly Dependency<unknown>[]): Plan {
    const early = this.#collect(needs, (one, recipe) => {
      // Who reads a credential may refuse too (optionalUser): a bad one is told before the body is read.
      const judges = one.guards || recipe.security.length > 0 || recipe.beforeBody;
      return judges && this.#readsOf(one) === 'nothing';
    });
    const onRawBody = this.#collect(needs, (one) => one.guards && this.#readsOf(one) === 'rawBody');
    const late = this.#collect(needs, (_one, recipe) => recipe.kind === 'guard');
    const rest = this.#collect(needs, () => true);
    const inputs = this.#inputs;
    return { size: this.#size, early, onRawBody, late, rest, inputs, rawBodySlot: this.#rawBodySlot };
  }

  #recipe(wanted: Dependency<unknown>): Recipe {
    const recipe = recipeOf(wanted);
    const override = this.#overrides.get(wanted);
    if (override === undefined) return recipe;
    return {
      kind: wanted.guards ? 'guard' : 'made',
      needs: [],
      make: override,
      security: recipe.security,
      refusals: recipe.refusals,
      beforeBody: false,
    };
  }

  /** The deepest first, in the order written, each once. */
  #collect(
    needs: readonly Dependency<unknown>[],
    wanted: (one: Dependency<unknown>, recipe: Recipe) => boolean,
  ): Step[] {
    const steps: Step[] = [];
    const look = (one: Dependency<unknown>): void => {
      const recipe = this.#recipe(one);
      if (wanted(one, recipe)) this.#emit(one, steps);
      else for (const [, need] of recipe.needs) look(need);
    };
    for (const one of needs) look(one);
    return steps;
  }

  #emit(one: Dependency<unknown>, steps: Step[]): void {
    if (this.#slots.has(one)) return;
    const recipe = this.#recipe(one);
    for (const [, need] of recipe.needs) this.#emit(need, steps);
    if (recipe.input !== undefined) {
      this.#slots.set(one, this.input(recipe.input.part, recipe.input.schema));
      return;
    }
    const slot = this.#size++;
    this.#slots.set(one, slot);
    if (recipe.kind === 'rawBody') {
      this.#rawBodySlot = slot;
      return;
    }
    const names = recipe.needs.map(([name]) => name);
    const from = recipe.needs.map(([, need]) => this.slotOf(need));
    steps.push({ name: one.name, make: recipe.make, names, from, slot });
  }

  #readsOf(one: Dependency<unknown>): Reads {
    const known = this.#reads.get(one);
    if (known !== undefined) return known;
    const recipe = this.#recipe(one);
    let reads: Reads = recipe.kind === 'input' ? 'input' : recipe.kind === 'rawBody' ? 'rawBody' : 'nothing';
    for (const [, need] of recipe.needs) {
      const below = this.#readsOf(need);
      if (below === 'input' || (below === 'rawBody' && reads === 'nothing')) reads = below;
    }
    this.#reads.set(one, reads);
    return reads;
  }
}
