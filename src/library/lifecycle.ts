import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { ComposedApp } from '../app.js';
import type { Clock } from '../base/clock.js';
import { ConfigurationError } from '../base/errors.js';
import type { Settings } from '../settings/settings.js';
import type { Store } from '../store/connection.js';
import { Housekeeping } from './housekeeping.js';

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
const drain = 8_000;

/** From listening to the last answer: what a server does beside answering. */
export class Lifecycle {
  readonly #served: Served;
  readonly #housekeeping: Housekeeping;
  #closing: Promise<void> | undefined;

  constructor(served: Served) {
    this.#served = served;
    this.#housekeeping = new Housekeeping({ ...served, flows: served.app.flows });
    // However it comes to listen: by us or by Fastify's own method.
    served.app.fastify.addHook('onListen', () => this.#housekeeping.start());
  }

  /** Gives the URL. */
  async listen(place: Place): Promise<string> {
    const { app, settings } = this.#served;
    await app.fastify.listen({ host: place.host, port: place.port }).catch((cause: NodeJS.ErrnoException) => {
      throw cannotListen(place, cause);
    });
    return urlOf(settings, place.host, app);
  }

  /** Takes no new request, lets running ones end for at most 8 s. The second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#housekeeping.pause();
    await drained(this.#served.app);
    await this.#housekeeping.stop();
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
