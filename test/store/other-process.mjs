// Run by process.ts: opens the same database in a process of its own and does what it is told, one answer a command.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [built, settingsText, optionsText, user] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(join(built, file)).href);
const { openStore } = await load('store/connection.js');
const { migrate } = await load('store/migrate.js');
const { Secret } = await load('base/secret.js');
const { systemClock } = await load('base/clock.js');

const settings = JSON.parse(settingsText);
if (settings.database.engine === 'postgres') settings.database.url = new Secret(settings.database.url);

const counter = (key, hits = 0) => ({ key, hits, expires_at: 0 });
let release = () => {};

const commands = {
  migrate: () => migrate(store, systemClock),
  insert: async (key) => {
    await store.db.insertInto('sallyport_counters').values(counter(key)).execute();
    return key;
  },
  keys: async () => {
    const rows = await store.db.selectFrom('sallyport_counters').select('key').orderBy('key').execute();
    return rows.map(({ key }) => key);
  },
  /** Holds the writer from its answer until `release`, whose answer comes after the commit. */
  hold: (key) =>
    new Promise((held) => {
      const done = store.transaction(
        async (tx) => {
          await tx.insertInto('sallyport_counters').values(counter(key)).execute();
          held('held');
          await new Promise((resolve) => {
            release = resolve;
          });
        },
        { deadline: 60_000 },
      );
      commands.release = async () => {
        release();
        await done;
        return 'released';
      };
    }),
  add: async (times) => {
    for (let n = 0; n < times; n++) {
      await store.transaction(async (tx) => {
        const row = await tx
          .selectFrom('sallyport_counters')
          .select('hits')
          .where('key', '=', 'sum')
          .executeTakeFirstOrThrow();
        await tx
          .updateTable('sallyport_counters')
          .set({ hits: row.hits + 1 })
          .where('key', '=', 'sum')
          .execute();
      });
    }
    return 'added';
  },
  /** Writes pairs of rows for ever and says each number once both are acknowledged. */
  stream: async () => {
    for (let n = 0; ; n++) {
      await store.transaction(async (tx) => {
        await tx
          .insertInto('sallyport_counters')
          .values(counter(`a${n}`))
          .execute();
        await tx
          .insertInto('sallyport_counters')
          .values(counter(`b${n}`))
          .execute();
      });
      process.send(n);
    }
  },
  close: async () => {
    await store.close();
    process.disconnect();
    return undefined;
  },
};

if (user !== '') {
  // Everything is loaded first: the other user may not be able to read the project's folder.
  await (await openStore({ dataDir: '', database: { engine: 'sqlite', file: ':memory:' } })).close();
  process.setgid(Number(user));
  process.setuid(Number(user));
}

let store;
try {
  store = await openStore(settings, JSON.parse(optionsText));
  process.send('open');
} catch (error) {
  process.send({ name: error.name, code: error.code, message: error.message });
  process.disconnect();
}

process.on('message', async ({ command, argument }) => {
  try {
    const answer = await commands[command](argument);
    if (process.connected) process.send(answer);
  } catch (error) {
    process.send({ name: error.name, code: error.code, message: error.message });
  }
});
