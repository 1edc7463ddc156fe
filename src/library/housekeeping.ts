import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../base/clock.js';
import { localContext } from '../events/event-context.js';
import { recordEvent } from '../events/events-queries.js';
import type { FlowDeps } from '../flows/flow-deps.js';
import type { Settings } from '../settings/settings.js';
import type { Store } from '../store/connection.js';
import { purge } from '../store/maintenance.js';

interface House {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Pick<FastifyBaseLogger, 'warn'>;
  readonly flows: Pick<FlowDeps, 'activity' | 'keyActivity'>;
}

/** Milliseconds. */
const purgeEvery = 10 * 60 * 1000;
/** How often it is written when sessions and keys were last seen. */
const noteEvery = 30_000;

/**
 * What is done beside answering while somebody listens: the events of start and stop, when sessions were
 * last seen, and expired rows deleted.
 */
export class Housekeeping {
  readonly #house: House;
  #purging: NodeJS.Timeout | undefined;
  #noting: NodeJS.Timeout | undefined;

  constructor(house: House) {
    this.#house = house;
  }

  async start(): Promise<void> {
    const { settings, store, clock, log } = this.#house;
    const details = { environment: settings.environment };
    await recordEvent(store.db, { name: 'server.started', details }, localContext(clock));
    this.#purging = setInterval(() => {
      purge(store, clock, { graceSeconds: settings.jwt.refreshGraceSeconds }).catch((error: unknown) => {
        log.warn({ err: error }, 'expired rows could not be deleted; the next round tries again');
      });
    }, purgeEvery);
    this.#purging.unref();
    this.#noting = setInterval(() => void this.#note(), noteEvery);
    this.#noting.unref();
  }

  async #note(): Promise<void> {
    const { flows, log } = this.#house;
    await Promise.all([flows.activity.flush(), flows.keyActivity.flush()]).catch((error: unknown) => {
      log.warn(
        { err: error },
        'when sessions and keys were last seen could not be written; the next round tries again',
      );
    });
  }

  /** Deletes no more. */
  pause(): void {
    clearInterval(this.#purging);
    clearInterval(this.#noting);
  }

  /** Records the stop, where there was a start. */
  async stop(): Promise<void> {
    this.pause();
    await this.#note();
    if (this.#purging === undefined) return;
    const { store, clock, log } = this.#house;
    await recordEvent(store.db, { name: 'server.stopped' }, localContext(clock)).catch((error: unknown) => {
      log.warn({ err: error }, 'the stop could not be recorded');
    });
  }
}
