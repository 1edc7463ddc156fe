// The same questions at 1,000 and at 100,000 accounts, asked of the store in this process, on both engines.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { figure, median } from '../support/figures.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { root } from '../support/processes.mjs';

const load = (file) => import(pathToFileURL(join(root, 'dist', file)).href);
const firstNames = [
  'Alice',
  'Bruno',
  'Chloé',
  'Dmitri',
  'Élodie',
  'Fatima',
  'Günter',
  'Hana',
  'Igor',
  'Jürgen',
];
const lastNames = [
  'Liddell',
  'Okafor',
  'Nakamura',
  'Sørensen',
  'García',
  'Kowalski',
  'Haddad',
  'Mbeki',
  'Novák',
  'Lee',
];

export async function scale({ rounds = 41, only, say }) {
  const figures = [];
  if (only !== 'postgres') {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
    try {
      const database = (name) => ({ engine: 'sqlite', file: join(folder, name, `${name}.db`) });
      figures.push(...(await compare('sqlite', database, (name) => join(folder, name), rounds, say)));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  if (only !== 'sqlite') {
    const postgres = await startPostgres();
    try {
      const { Secret } = await load('base/secret.js');
      const { default: pg } = await import('pg');
      const client = new pg.Client({ connectionString: postgres.url });
      await client.connect();
      const made = ['small', 'large'].map((name) => `sallyport_bench_${name}`);
      for (const name of made) {
        await client.query(`drop database if exists ${name}`);
        await client.query(`create database ${name}`);
      }
      const database = (name) => ({
        engine: 'postgres',
        url: new Secret(Object.assign(new URL(postgres.url), { pathname: `/sallyport_bench_${name}` }).href),
      });
      figures.push(...(await compare('postgres', database, () => tmpdir(), rounds, say)));
      for (const name of made) await client.query(`drop database if exists ${name}`);
      await client.end();
    } finally {
      await postgres.stop();
    }
  }
  return figures;
}

async function compare(engine, database, dataDir, rounds, say) {
  const small = await seeded(engine, database('small'), dataDir('small'), 1_000, say);
  const large = await seeded(engine, database('large'), dataDir('large'), 100_000, say);
  const { listAccounts } = await load('accounts/accounts-page-queries.js');
  const { findByIdentifier } = await load('accounts/accounts-queries.js');
  const page = (more) => (store) => listAccounts(store.db, { limit: 50, ...more });
  const questions = {
    'first page': [page({}), '≤ 2'],
    'a page in the middle': [(store) => listAccounts(store.db, { limit: 50, cursor: store.middle }), '≤ 2'],
    'sign-in look-up by e-mail': [
      (store) => findByIdentifier(store.db, `user_${store.some}@example.org`),
      '≤ 2',
    ],
    'sign-in look-up by username': [(store) => findByIdentifier(store.db, `user_${store.some}`), '≤ 2'],
    'search of 3 characters, in a tenth of the names': [page({ search: 'oka' }), '≤ 5'],
    'search of a name that one bears': [page({ search: 'quetzalcoatl' }), '≤ 5'],
    'search of 3 characters that nobody bears': [page({ search: 'zqx' }), '≤ 5'],
    'search of 2 characters, in a tenth of the names': [page({ search: 'li' }), '≤ 5'],
    'search of 2 characters, one bears': [page({ search: 'qu' }), '≤ 5'],
    'search of 2 characters that nobody bears': [page({ search: 'zq' }), '≤ 5'],
  };
  const figures = [];
  for (const [what, [ask, aim]] of Object.entries(questions)) {
    const times = { small: [], large: [] };
    for (let round = 0; round < rounds; round += 1)
      for (const [size, store] of Object.entries({ small, large })) times[size].push(await timed(ask, store));
    const [before, after] = [median(times.small), median(times.large)];
    const words = `${engine}: ${what}, 100,000 accounts against 1,000 (${before.toFixed(2)} → ${after.toFixed(2)} ms)`;
    figures.push(figure(words, after / before, '×', aim));
  }
  await small.store.close();
  await large.store.close();
  return figures;
}

async function timed(ask, store) {
  const began = performance.now();
  await ask(store);
  return performance.now() - began;
}

async function seeded(engine, database, dataDir, accounts, say) {
  const { openStore } = await load('store/connection.js');
  const { migrate } = await load('store/migrate.js');
  const { uuidv7 } = await load('base/random.js');
  const { searchText } = await load('accounts/search-text.js');
  const { listAccounts } = await load('accounts/accounts-page-queries.js');
  const clock = { now: Date.now };
  const store = await openStore({ database, dataDir });
  await migrate(store, clock);
  const began = performance.now();
  const row = (at) => {
    const one = at === Math.floor(accounts / 2);
    const name = one
      ? 'Quinn Quetzalcoatl'
      : `${firstNames[at % 10]} ${lastNames[Math.floor(at / 10) % 10]} ${at}`;
    const email = `user_${at}@example.org`;
    const full = { full_name: name, search_text: searchText(name) };
    const rest = { password_hash: '$2b$12$', password_version: 1, bio: null, role: 'user', is_active: true };
    const times = { created_at: at, updated_at: at };
    return { id: uuidv7(clock), email, email_key: email, username: `user_${at}`, ...full, ...rest, ...times };
  };
  const batch = 1_000;
  for (let from = 0; from < accounts; from += batch) {
    const rows = Array.from({ length: batch }, (_, at) => row(from + at));
    await store.transaction((tx) => tx.insertInto('sallyport_accounts').values(rows).execute(), {
      deadline: 60_000,
    });
  }
  if (engine === 'postgres') {
    const { sql } = await import('kysely');
    await sql`analyze sallyport_accounts`.execute(store.db);
  }
  say(`${engine}: ${accounts} accounts in ${Math.round(performance.now() - began)} ms`);
  let cursor = (await listAccounts(store.db, { limit: 50 })).nextCursor;
  for (let at = 0; at < 5; at += 1) cursor = (await listAccounts(store.db, { limit: 50, cursor })).nextCursor;
  return { store, db: store.db, middle: cursor, some: Math.floor(accounts / 3) };
}
