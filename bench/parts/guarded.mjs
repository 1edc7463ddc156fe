// GET /users/me by a signed-in user, every control on, against a bare Fastify's hello on the same core.
import { figure, median } from '../support/figures.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { ask, cores, cpuTime, end, startWorker } from '../support/processes.mjs';
import { getHello, getMe, signedIn, startSallyport } from '../support/sallyport.mjs';

const connections = 32;

export async function guarded({ rounds = 7, seconds = 2, dists = [], only, say }) {
  const load = (await startWorker('load.mjs', [], { core: cores?.load })).child;
  const postgres = only === 'sqlite' ? undefined : await startPostgres();
  const stops = [];
  const targets = [];
  const add = async (name, options) => {
    const server = await startSallyport({ core: cores?.measured, ...options });
    stops.push(server.stop);
    targets.push({
      name,
      port: server.port,
      pid: server.child.pid,
      request: getMe(await signedIn(server.port)),
    });
  };
  const bare = await startWorker('bare-server.mjs', [], { core: cores?.measured });
  targets.push({ name: 'bare', port: bare.first.port, pid: bare.child.pid, request: getHello });
  try {
    if (only !== 'postgres') await add('sqlite', {});
    for (const dist of dists) await add(`sqlite ${dist}`, { dist });
    if (postgres) await add('postgres', { databaseUrl: postgres.url });
    if (postgres && only === 'postgres')
      for (const dist of dists) await add(`postgres ${dist}`, { dist, databaseUrl: postgres.url });
    for (const target of targets) await measure(load, target, 1);
    const runs = [];
    for (let round = 0; round < rounds; round += 1) {
      const run = {};
      const order = round % 2 === 0 ? targets : [...targets].reverse();
      for (const target of order) run[target.name] = await measure(load, target, seconds);
      runs.push(run);
      say(targets.map(({ name }) => `${name} ${Math.round(run[name].perSecond)}/s`).join('  '));
    }
    return targets.slice(1).flatMap(({ name }) => report(name, runs));
  } finally {
    for (const stop of stops) await stop();
    await end(bare.child);
    await end(load);
    await postgres?.stop();
  }
}

async function measure(load, { name, port, pid, request }, seconds) {
  const before = cpuTime(pid);
  // PostgreSQL works on the load's core, so that load must sleep.
  const spin = cores !== undefined && !name.startsWith('postgres');
  const result = await ask(load, { port, request, connections, seconds, spin });
  if (result.error) throw new Error(`${name}: ${result.error}`);
  const bad = Object.keys(result.statuses).find((status) => status !== '200');
  if (bad) throw new Error(`${name} answered ${bad}`);
  const after = cpuTime(pid);
  const cpu = before === undefined ? undefined : ((after - before) * 1000) / result.requests;
  return { perSecond: result.perSecond, cpu, p99: result.latencies.p99 };
}

function report(name, runs) {
  const aim = name === 'sqlite' ? '≥ 0.65' : name === 'postgres' ? '≥ 0.25' : undefined;
  const lines = [
    figure(
      `${name}: requests a second, share of bare`,
      median(runs.map((run) => run[name].perSecond / run.bare.perSecond)),
      '×',
      aim,
    ),
  ];
  if (runs[0][name].cpu !== undefined)
    lines.push(
      figure(
        `${name}: processor a request, bare's against ours`,
        median(runs.map((run) => run.bare.cpu / run[name].cpu)),
        '×',
        aim,
      ),
      figure(`${name}: processor a request`, median(runs.map((run) => run[name].cpu)), 'µs'),
      figure(`bare beside ${name}: processor a request`, median(runs.map((run) => run.bare.cpu)), 'µs'),
    );
  lines.push(figure(`${name}: requests a second`, median(runs.map((run) => run[name].perSecond)), '/s'));
  return lines;
}
