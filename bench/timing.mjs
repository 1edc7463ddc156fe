// Does the time of a refused sign-in tell whether an account is there? Statistics over one run, on the built dist:
//   npm run test:timing [-- --rounds 200 --cost 10]
// Five kinds of sign-in that must fail alike are interleaved in random order and compared with "known user, wrong
// password". A kind differs when a permutation test and the Mann-Whitney test both find its times shifted and the
// medians lie further apart than the threshold. Then the exit code is 1.
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { createPasswordHasher } from '../dist/accounts/password-hash.js';
import { composeApp } from '../dist/app.js';
import { localContext } from '../dist/events/event-context.js';
import { commandLine } from '../dist/flows/flow-deps.js';
import { register } from '../dist/flows/register.js';
import { updateAccount } from '../dist/flows/update-account.js';
import { openStore } from '../dist/store/connection.js';
import { migrate } from '../dist/store/migrate.js';
import { loadTestSettings } from '../dist/testing/test-settings.js';
import { mannWhitney, median, permutationOfMedians } from './statistics.mjs';

const options = { rounds: { type: 'string', default: '200' }, cost: { type: 'string', default: '10' } };
const { values } = parseArgs({ options });
const rounds = Number(values.rounds);
const cost = Number(values.cost);
/** Below this no network shows it: 1 ms, or 2 % of what one sign-in takes, whichever is more. */
const leastGap = (reference) => Math.max(1, reference * 0.02);
const significance = 0.001;

const day = 86_400_000;
let offset = 0;
// Each round stands a day and more after the last one: the throttle never closes, and every kind finds it alike.
const clock = { now: () => Date.now() + offset };

const folder = mkdtempSync(join(tmpdir(), 'sallyport-timing-'));
const { settings: loaded } = await loadTestSettings({ SECURITY_BCRYPT_ROUNDS: String(cost) });
const settings = {
  ...loaded,
  dataDir: folder,
  database: { engine: 'sqlite', file: join(folder, 'timing.db') },
};
const store = await openStore(settings);
await migrate(store, clock);
const log = pino({ level: 'silent' });
const hasher = await createPasswordHasher({ rounds: cost, threads: 1 });
const origin = localContext(clock);
const long = `Wonderland-${'é'.repeat(100)}-1865`;
const people = [
  ['alice', 'Wonderland-1865'],
  ['bertram', 'Wonderland-1865'],
  ['clara', long],
];
const ids = {};
for (const [username, password] of people) {
  const person = { email: `${username}@example.org`, username, password, fullName: null, bio: null };
  ids[username] = (await register({ store, clock, settings, hasher }, person, origin)).id;
}
await updateAccount({ store, clock }, ids.bertram, { isActive: false }, commandLine, origin);
await hasher.close();

const wrong = 'Looking-Glass-1871';
const wrongAndLong = `Looking-Glass-${'é'.repeat(100)}-1871`;
const kinds = {
  'known user': { username: 'alice', password: wrong },
  'unknown user': { username: 'nobody', password: wrong },
  'unknown e-mail': { username: 'nobody@example.org', password: wrong },
  'disabled account': { username: 'bertram', password: wrong },
  'known, long password': { username: 'clara', password: wrongAndLong },
  'unknown, long password': { username: 'nobody_long', password: wrongAndLong },
};

const app = await composeApp({ settings, store, clock, log });
await app.fastify.listen({ host: '127.0.0.1', port: 0 });
const url = `http://127.0.0.1:${app.fastify.server.address().port}/auth/token`;

async function timeOf(form) {
  const body = new URLSearchParams(form);
  const started = process.hrtime.bigint();
  const response = await fetch(url, { method: 'POST', body });
  await response.text();
  const took = Number(process.hrtime.bigint() - started) / 1e6;
  if (response.status !== 401) throw new Error(`a sign-in that must fail was answered ${response.status}`);
  return took;
}

function shuffled(list) {
  const all = [...list];
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = randomInt(at + 1);
    [all[at], all[other]] = [all[other], all[at]];
  }
  return all;
}

const times = Object.fromEntries(Object.keys(kinds).map((name) => [name, []]));
const warmUp = 5;
for (let round = -warmUp; round < rounds; round += 1) {
  offset += day + 3_600_000;
  for (const name of shuffled(Object.keys(kinds))) {
    const took = await timeOf(kinds[name]);
    if (round >= 0) times[name].push(took);
  }
}
await app.close();
await store.close();
rmSync(folder, { recursive: true, force: true });

const [reference] = Object.keys(kinds);
const base = times[reference];
const threshold = leastGap(median(base));
process.stdout.write(
  `Refused sign-ins at bcrypt cost ${cost}, ${rounds} of each kind, interleaved, embedded store.\n` +
    `A gap counts from ${threshold.toFixed(2)} ms on, at p < ${significance} in both tests.\n\n`,
);
const row = (...cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
row('kind', 'median ms', 'gap ms', 'Mann-Whitney p', 'permutation p', 'verdict');
row('---', '---', '---', '---', '---', '---');
let differs = 0;
for (const [name, own] of Object.entries(times)) {
  const gap = median(own) - median(base);
  const byRank = name === reference ? 1 : mannWhitney(base, own);
  const byShuffle = name === reference ? 1 : permutationOfMedians(base, own);
  const bad = Math.abs(gap) > threshold && byRank < significance && byShuffle < significance;
  if (bad) differs += 1;
  const verdict = name === reference ? 'reference' : bad ? 'DIFFERS' : 'alike';
  row(name, median(own).toFixed(2), gap.toFixed(2), byRank.toFixed(4), byShuffle.toFixed(4), verdict);
}
process.stdout.write(differs === 0 ? '\nNo kind can be told from another.\n' : `\n${differs} can be told.\n`);
process.exitCode = differs === 0 ? 0 : 1;
