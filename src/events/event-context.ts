import type { Clock } from '../base/clock.js';

/** When and from where. `network` is the address's `networkKey`: what refusals are folded by. */
export interface EventContext {
  readonly clock: Clock;
  readonly requestId: string | undefined;
  /** The client's address as resolved; undefined for the server itself and the command line. */
  readonly address: string | undefined;
  readonly network: string | undefined;
}

/** What the server does by itself, and what an operator does on the command line. */
export const localContext = (clock: Clock): EventContext => ({
  clock,
  requestId: undefined,
  address: undefined,
  network: undefined,
});
