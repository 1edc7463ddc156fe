import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, inject } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { randomToken } from '../../src/base/random.js';
import { Secret } from '../../src/base/secret.js';
import type { DatabaseSettings } from '../../src/settings/settings.js';
import { type Engine, openStore, type Store, type StoreOptions } from '../../src/store/connection.js';
import { migrate } from '../../src/store/migrate.js';

/** A database of its own for one suite. `settings` go to openStore, to a server, or to a child process. */
export interface TestDatabase {
  readonly settings: { readonly dataDir: string; readonly database: DatabaseSettings };
  drop(): Promise<void>;
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A fresh folder and, on PostgreSQL, a fresh database. Of a server of one's own where `server` is given. */
export async function createDatabase(engine: Engine, server = inject('postgresUrl')): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  const dataDir = join(folder, 'data');
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  if (engine === 'sqlite') {
    const database = { engine, file: join(dataDir, 'sallyport.db') } as const;
    return { settings: { dataDir, database }, drop: async () => removeFolder() };
  }
  const name = `sallyport_test_${process.pid}_${randomToken().slice(0, 8).replace(/\W/g, '_').toLowerCase()}`;
  await onServer(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    settings: { dataDir, database: { engine, url: new Secret(url.href) } },
    drop: async () => {
      removeFolder();
      await onServer(server, `drop database if exists ${name} with (force)`);
    },
  };
}

/** What a suite on both engines gets. */
export interface StoreBench {
  readonly engine: Engine;
  /** The suite's one database, migrated; made on the first call. Closed by itself at the suite's end. */
  open(options?: StoreOptions): Promise<Store>;
  /** The settings of that database, for a server or a child process. */
  database(): Promise<TestDatabase>;
}

/** Runs a suite on SQLite and on PostgreSQL, each on its own fresh database, dropped afterwards. */
export function describeEachStore(name: string, body: (bench: StoreBench) => void): void {
  describe.each<Engine>(['sqlite', 'postgres'])(`${name} on %s`, (engine) => {
    let made: Promise<TestDatabase> | undefined;
    const opened: Store[] = [];
    const database = () => {
      made ??= createDatabase(engine);
      return made;
    };
    const open = async (options?: StoreOptions) => {
      const store = await openStore((await database()).settings, options);
      opened.push(store);
      await migrate(store, systemClock);
      return store;
    };
    afterAll(async () => {
      await Promise.all(opened.map((store) => store.close()));
      await (await made)?.drop();
    });
    body({ engine, open, database });
  });
}
