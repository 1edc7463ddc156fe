import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { ComposedApp } from '../app.js';
import type { Clock } from '../base/clock.js';
import { ConfigurationError } from '../base/errors.js';
import { localContext } from '../events/event-context.js';
import { recordEvent } from '../events/events-queries.js';
import type { Settings } from '../settings/settings.js';
import type { Store } from '../store/connection.js';
import { purge } from '../store/maintenance.js';

interface Place {
  readonly host: string;
  readonly port: number;
}

interface Served {
  readonly app: ComposedApp;
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Milliseconds. */
const purgeEvery = 10 * 60 * 1000;
const drain = 8_000;
/** How often it is written when sessions were last seen. */
const noteEvery = 30_000;

/** From listening to the last answer: what a server does beside answering. */
export class Lifecycle {
  readonly #served: Served;
  #purging: NodeJS.Timeout | undefined;
  #noting: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(served: Served) {
    this.#served = served;
  }

  /** Gives the URL. */
  async listen(place: Place): Promise<string> {
    const { app, settings, store, clock, log } = this.#served;
    await app.fastify.listen({ host: place.host, port: place.port }).catch((cause: NodeJS.ErrnoException) => {
      throw cannotListen(place, cause);
    });
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
    return urlOf(settings, place.host, app);
  }

  async #note(): Promise<void> {
    const { app, log } = this.#served;
    await app.flows.activity.flush().catch((error: unknown) => {
      log.warn(
        { err: error },
        'when sessions were last seen could not be written; the next round tries again',
      );
    });
  }

  /** Takes no new request, lets running ones end for at most 8 s. The second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { app, store, clock, log } = this.#served;
    clearInterval(this.#purging);
    clearInterval(this.#noting);
    await drained(app);
    await this.#note();
    if (this.#purging === undefined) return;
    await recordEvent(store.db, { name: 'server.stopped' }, localContext(clock)).catch((error: unknown) => {
      log.warn({ err: error }, 'the stop could not be recorded');
    });
  }
}

/** Node closes at once what is idle; a connection that becomes so afterwards is kept open for the client until we look. */
async function drained(app: ComposedApp): Promise<void> {
  const { server } = app.fastify;
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  const hardEnd = setTimeout(() => server.closeAllConnections(), drain);
  try {
    await app.close();
  } finally {
    clearInterval(idle);
    clearTimeout(hardEnd);
  }
}

function urlOf(settings: Settings, given: string, app: ComposedApp): string {
  const { port } = app.fastify.server.address() as AddressInfo;
  const host = given.includes(':') ? `[${given}]` : given;
  return `${settings.tls ? 'https' : 'http'}://${host}:${port}`;
}

const causes: Readonly<Record<string, (place: Place) => string>> = {
  EADDRINUSE: ({ port }) =>
    `port ${port} is taken by another program. Stop that one, or choose another port: PORT=${port + 1}`,
  EACCES: ({ port }) =>
    `this user may not listen on port ${port}. Choose one above 1023: PORT=8000, and let a proxy hold ${port}`,
  EADDRNOTAVAIL: ({ host }) => `this machine has no address ${host}. Set HOST to one it has: HOST=127.0.0.1`,
  ENOTFOUND: ({ host }) =>
    `the name ${host} leads nowhere. Set HOST to an address of this machine: HOST=127.0.0.1`,
};

function cannotListen(place: Place, cause: NodeJS.ErrnoException): ConfigurationError {
  const words =
    causes[cause.code ?? '']?.(place) ??
    `cannot listen on ${place.host}:${place.port}: ${cause.message}. Choose another HOST or PORT: HOST=127.0.0.1 PORT=8000`;
  return new ConfigurationError('ERR_LISTEN', words);
}
