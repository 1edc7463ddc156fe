import { pino } from 'pino';
import { expect, it } from 'vitest';
import { builtInAccess } from '../../dist/accounts/access-table.js';
import { openApp } from '../../dist/library/open-app.js';
import { loadTestSettings } from '../../dist/testing/test-settings.js';
import { createDatabase } from '../support/stores.js';
import { LogLines, TestClock } from '../support/wire.js';

/** What a start says in its log on this engine, limits on. */
async function saidAtStart(engine: 'sqlite' | 'postgres'): Promise<string> {
  const database = await createDatabase(engine);
  const { settings } = await loadTestSettings({ PUBLIC_URL: 'http://127.0.0.1', PORT: '0', DEBUG: 'false' });
  const log = new LogLines();
  const where = database.settings as unknown as Pick<typeof settings, 'database' | 'dataDir'>;
  const app = await openApp({
    settings: { ...settings, ...where },
    clock: new TestClock(),
    access: builtInAccess,
    log: pino({ level: 'info' }, log),
  });
  await app.close();
  await database.drop();
  return log.lines.join('');
}

it('a start on PostgreSQL says that the general limit counts in each process', async () => {
  expect(await saidAtStart('postgres')).toContain('counts in this process alone');
});

it('a start on the embedded database, which one server holds, does not', async () => {
  expect(await saidAtStart('sqlite')).not.toContain('counts in this process alone');
});
