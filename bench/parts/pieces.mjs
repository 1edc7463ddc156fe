// What the pieces of a guarded request cost alone, in microseconds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { figure, median } from '../support/figures.mjs';
import { root } from '../support/processes.mjs';

const load = (file) => import(pathToFileURL(join(root, 'dist', file)).href);

export async function pieces({ rounds = 15 }) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  try {
    const tasks = { ...(await tokenTasks()), ...(await storeTask(folder)), ...(await otherTasks()) };
    const times = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1)
      for (const [name, { run, repeat }] of Object.entries(tasks)) {
        const began = performance.now();
        for (let at = 0; at < repeat; at += 1) await run();
        times[name].push(((performance.now() - began) * 1000) / repeat);
      }
    return Object.entries(times).map(([name, taken]) => figure(name, median(taken), 'µs'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function tokenTasks() {
  const { loadSigningKey } = await load('tokens/signing-keys.js');
  const { createAccessTokens } = await load('tokens/access-token.js');
  const { testSettings } = await load('testing/test-settings.js');
  const settings = await testSettings();
  const key = await loadSigningKey(settings.jwt);
  const names = { issuer: 'http://127.0.0.1:8000', audience: 'http://127.0.0.1:8000' };
  const tokens = createAccessTokens({ key, ...names, expireMinutes: 30, clock: { now: Date.now } });
  const id = '0199c3a0-1111-7222-8333-444455556666';
  const grant = { accountId: id, sessionId: id, clientId: 'sallyport', expiresAt: Date.now() + 1e9 };
  const { accessToken } = tokens.issue(grant);
  if (tokens.verify(accessToken) === undefined) throw new Error('the token does not hold');
  return { 'verify an access token (HS256)': { run: () => tokens.verify(accessToken), repeat: 3000 } };
}

async function storeTask(folder) {
  const { openStore } = await load('store/connection.js');
  const { migrate } = await load('store/migrate.js');
  const { insertAccount } = await load('accounts/accounts-queries.js');
  const { openSession } = await load('tokens/refresh-family.js');
  const { loadPrincipal } = await load('tokens/principal-queries.js');
  const clock = { now: Date.now };
  const store = await openStore({
    database: { engine: 'sqlite', file: join(folder, 'x.db') },
    dataDir: folder,
  });
  await migrate(store, clock);
  const names = { email: 'alice@example.org', username: 'alice', fullName: 'Alice Liddell', bio: null };
  const { sessionId } = await store.transaction(async (tx) => {
    const { id: accountId } = await insertAccount(
      tx,
      { ...names, passwordHash: '$2b$12$', role: 'user' },
      clock,
    );
    return openSession(tx, { accountId, clientId: 'sallyport', clock, expireDays: 7 });
  });
  if ((await loadPrincipal(store.db, sessionId)) === undefined) throw new Error('there is no principal');
  const run = () => loadPrincipal(store.db, sessionId);
  return { 'session and account by key (loadPrincipal, embedded)': { run, repeat: 3000 } };
}

async function otherTasks() {
  const { dependency, fromRequest, guard } = await load('access/dependency.js');
  const { Planner } = await load('access/plan.js');
  const { Scope } = await load('access/scope.js');
  const { createMemoryCounter } = await load('limits/memory-counter.js');
  const root = fromRequest('root', () => 1);
  const first = guard('first', { root }, ({ root: value }) => value + 1);
  const second = dependency('second', { first }, ({ first: value }) => value + 1);
  const third = dependency('third', { second }, ({ second: value }) => value + 1);
  const planned = new Planner().plan([third]);
  const counter = createMemoryCounter({ clock: { now: Date.now } });
  const policy = { name: 'bench', requests: 1e9, windowSeconds: 3600 };
  return {
    'three dependencies deep, resolved': {
      run: () => new Scope(planned.size, {}, {}).inOrder(planned.early),
      repeat: 20_000,
    },
    'the general limit counts once': { run: () => counter.take('203.0.113.7', policy), repeat: 20_000 },
  };
}
