import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../base/clock.js';
import { localContext } from '../events/event-context.js';
import { recordEvent } from '../events/events-queries.js';
import type { Settings } from '../settings/settings.js';
import type { Store } from '../store/connection.js';
import { purge } from '../store/maintenance.js';

interface House {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Pick<FastifyBaseLogger, 'warn'>;
}

/** Milliseconds. */
const purgeEvery = 10 * 60 * 1000;

/** What is done beside answering while somebody listens: the events of start and stop, and expired rows deleted. */
export class Housekeeping {
  readonly #house: House;
  #purging: NodeJS.Timeout | undefined;

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
  }

  /** Deletes no more. */
  pause(): void {
    clearInterval(this.#purging);
  }

  /** Records the stop, where there was a start. */
  async stop(): Promise<void> {
    this.pause();
    if (this.#purging === undefined) return;
    const { store, clock, log } = this.#house;
    await recordEvent(store.db, { name: 'server.stopped' }, localContext(clock)).catch((error: unknown) => {
      log.warn({ err: error }, 'the stop could not be recorded');
    });
  }
}
