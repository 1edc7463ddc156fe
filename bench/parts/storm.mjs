// 32 people sign in at once: at what rate, against the bcrypt ceiling of the same minutes, and what a reader feels.
import { figure, median } from '../support/figures.mjs';
import { ask, end, startWorker } from '../support/processes.mjs';
import { getMe, password, signedIn, startSallyport } from '../support/sallyport.mjs';

const people = 32;
const every = 4;

export async function storm({ rounds = 3, say }) {
  // So that 32 addresses can be played by one machine: the limits on registering and signing in count addresses.
  const server = await startSallyport({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
  const probe = (await startWorker('probe.mjs', [])).child;
  const ceiling = (await startWorker('bcrypt-ceiling.mjs', [])).child;
  try {
    const { port } = server;
    const request = getMe(await signedIn(port));
    for (let at = 0; at < people; at += 1) await register(port, at);
    const idle = (milliseconds) => ask(probe, { port, request, every, milliseconds });
    await idle(1500);
    const runs = [];
    for (let round = 0; round < rounds; round += 1) {
      const before = await ask(ceiling, { milliseconds: 3000 });
      const calm = await idle(4000);
      const { perSecond, reader } = await signInAll(port, probe, request);
      const calmAfter = await idle(4000);
      const after = await ask(ceiling, { milliseconds: 3000 });
      const run = {
        perSecond,
        ceiling: (before.perSecond + after.perSecond) / 2,
        p99: reader.p99,
        idle: (calm.p99 + calmAfter.p99) / 2,
      };
      say(
        `${perSecond.toFixed(2)} sign-ins/s of ${run.ceiling.toFixed(2)}; p99 ${reader.p99.toFixed(2)} ms, idle ${run.idle.toFixed(2)}`,
      );
      runs.push(run);
    }
    return [
      figure(
        '32 sign-ins at once, share of the bcrypt ceiling',
        median(runs.map((run) => run.perSecond / run.ceiling)),
        '×',
        '≥ 0.9',
      ),
      figure('sign-ins a second', median(runs.map((run) => run.perSecond)), '/s'),
      figure('bcrypt ceiling, cost 12, all cores', median(runs.map((run) => run.ceiling)), '/s'),
      figure(
        'p99 of a signed-in GET during them, against idle',
        median(runs.map((run) => run.p99 / run.idle)),
        '×',
        '≤ 1.5',
      ),
      figure('p99 of a signed-in GET, idle', median(runs.map((run) => run.idle)), 'ms'),
      figure('p99 of a signed-in GET during them', median(runs.map((run) => run.p99)), 'ms'),
    ];
  } finally {
    await end(probe);
    await end(ceiling);
    await server.stop();
  }
}

/** The reader reads for as long as the sign-ins last, and a little beyond is cut by asking for what they usually take. */
async function signInAll(port, probe, request) {
  const expected = 3000;
  const reading = ask(probe, { port, request, every, milliseconds: expected });
  const began = performance.now();
  await Promise.all(Array.from({ length: people }, (_, at) => signIn(port, at)));
  const seconds = (performance.now() - began) / 1000;
  return { perSecond: people / seconds, reader: await reading };
}

const addressOf = (at) => ({ 'x-forwarded-for': `10.0.${at}.1` });

async function register(port, at) {
  const username = `storm_${at}`;
  const answer = await fetch(`http://127.0.0.1:${port}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...addressOf(at) },
    body: JSON.stringify({ username, email: `${username}@example.org`, password }),
  });
  if (answer.status !== 201) throw new Error(`register: ${answer.status} ${await answer.text()}`);
}

async function signIn(port, at) {
  const answer = await fetch(`http://127.0.0.1:${port}/auth/token`, {
    method: 'POST',
    headers: addressOf(at),
    body: new URLSearchParams({ username: `storm_${at}`, password }),
  });
  if (answer.status !== 200) throw new Error(`sign in: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
}
