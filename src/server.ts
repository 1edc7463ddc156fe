import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createSecureApp, type SecureApp } from './app.js';
import type { Clock } from './base/clock.js';
import { ConfigurationError } from './base/errors.js';
import { localContext } from './events/event-context.js';
import { recordEvent } from './events/events-queries.js';
import type { Settings } from './settings/settings.js';
import { openStore, type Store } from './store/connection.js';
import { purge } from './store/maintenance.js';
import { migrate } from './store/migrate.js';

export interface ServerDeps {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told what the start is at, for whoever watches it. */
  readonly onProgress?: (step: string) => void;
}

export interface RunningServer {
  /** Where it listens: scheme, host and the port that was got. */
  readonly url: string;
  readonly app: SecureApp;
  readonly store: Store;
  /** Takes no new request, lets running ones end for at most 8 s, then closes the store: nothing is half-written. */
  stop(): Promise<void>;
}

/** Milliseconds. */
const purgeEvery = 10 * 60 * 1000;
const drain = 8_000;

const perProcess =
  'The general request limit counts in this process alone: with n servers on one database it allows n times as much. The ' +
  'limits on sign-in, refresh and registration, and the throttle, count in the database.';

/** Opens and migrates the store, makes the app and listens. Whatever fails closes what was opened before. */
export async function startServer(deps: ServerDeps): Promise<RunningServer> {
  const { settings, clock, log, onProgress = () => {} } = deps;
  const store = await openStore(settings, { exclusive: true });
  try {
    for (const notice of store.notices) log.warn(notice);
    if (store.engine === 'postgres' && !settings.debug) log.info(perProcess);
    for (const name of await migrate(store, clock)) onProgress(`migrated: ${name}`);
    const app = await createSecureApp({ settings, store, clock, log });
    try {
      return await listen(deps, store, app);
    } catch (error) {
      await app.close();
      throw error;
    }
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function listen(deps: ServerDeps, store: Store, app: SecureApp): Promise<RunningServer> {
  const { settings, clock, log } = deps;
  await app.fastify
    .listen({ host: settings.host, port: settings.port })
    .catch((cause: NodeJS.ErrnoException) => {
      throw cannotListen(settings, cause);
    });
  const context = localContext(clock);
  const details = { environment: settings.environment };
  await recordEvent(store.db, { name: 'server.started', details }, context);
  const purging = setInterval(() => {
    purge(store, clock, { graceSeconds: settings.jwt.refreshGraceSeconds }).catch((error: unknown) => {
      log.warn({ err: error }, 'expired rows could not be deleted; the next round tries again');
    });
  }, purgeEvery);
  purging.unref();
  return {
    url: urlOf(settings, app),
    app,
    store,
    async stop() {
      clearInterval(purging);
      await drained(app);
      await recordEvent(store.db, { name: 'server.stopped' }, context).catch((error: unknown) => {
        log.warn({ err: error }, 'the stop could not be recorded');
      });
      await store.close();
    },
  };
}

/** Node closes at once what is idle; a connection that becomes so afterwards is kept open for the client until we look. */
async function drained(app: SecureApp): Promise<void> {
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

function urlOf(settings: Settings, app: SecureApp): string {
  const { port } = app.fastify.server.address() as AddressInfo;
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return `${settings.tls ? 'https' : 'http'}://${host}:${port}`;
}

const causes: Readonly<Record<string, (settings: Settings) => string>> = {
  EADDRINUSE: ({ port }) =>
    `port ${port} is taken by another program. Stop that one, or choose another port: PORT=${port + 1}`,
  EACCES: ({ port }) =>
    `this user may not listen on port ${port}. Choose one above 1023: PORT=8000, and let a proxy hold ${port}`,
  EADDRNOTAVAIL: ({ host }) => `this machine has no address ${host}. Set HOST to one it has: HOST=127.0.0.1`,
  ENOTFOUND: ({ host }) =>
    `the name ${host} leads nowhere. Set HOST to an address of this machine: HOST=127.0.0.1`,
};

function cannotListen(settings: Settings, cause: NodeJS.ErrnoException): ConfigurationError {
  const words =
    causes[cause.code ?? '']?.(settings) ??
    `cannot listen on ${settings.host}:${settings.port}: ${cause.message}. Choose another HOST or PORT: HOST=127.0.0.1 PORT=8000`;
  return new ConfigurationError('ERR_LISTEN', words);
}
