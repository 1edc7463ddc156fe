import { Command } from 'commander';
import { pino } from 'pino';
import { composeApp } from '../app.js';
import { systemClock } from '../base/clock.js';
import { loadSettings } from '../settings/load-settings.js';
import { openStore } from '../store/connection.js';
import { migrate } from '../store/migrate.js';
import { printJson } from './output.js';

/** The document of the routes as these settings make them. Made on an empty store in memory: no database is touched. */
export const openapiCommand = (): Command =>
  new Command('openapi').description('print the OpenAPI 3.1 document').action(async () => {
    const { settings } = await loadSettings();
    const clock = systemClock;
    const store = await openStore({ ...settings, database: { engine: 'sqlite', file: ':memory:' } });
    try {
      await migrate(store, clock);
      const app = await composeApp({ settings, store, clock, log: pino({ level: 'silent' }) });
      await app.fastify.ready();
      printJson(app.openApi());
      await app.close();
    } finally {
      await store.close();
    }
  });
