// One guarded route of an application through three dependencies, against the same with currentUser alone: the same
// process, the same person, in turn.
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, median } from '../support/figures.mjs';
import { ask, cores, cpuTime, end, root, startWorker } from '../support/processes.mjs';
import { controlsOn, getAs, signedIn } from '../support/sallyport.mjs';

const connections = 32;
const paths = ['/alone', '/three'];

export async function dependencies({ rounds = 15, seconds = 2, dists = [], say }) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const load = (await startWorker('load.mjs', [], { core: cores?.load })).child;
  const server = await startWorker('own-routes.mjs', [dists[0] ?? join(root, 'dist')], {
    core: cores?.measured,
    env: { PATH: process.env.PATH, HOME: folder, ...controlsOn, DATA_DIR: folder },
    output: openSync(join(folder, 'log.jsonl'), 'a'),
  });
  try {
    const { port } = server.first;
    const token = await signedIn(port);
    const measure = (path, span) =>
      measured({ load, port, pid: server.child.pid, request: getAs(token, path), seconds: span });
    for (const path of paths) await measure(path, 2 * seconds);
    const runs = [];
    for (let round = 0; round < rounds; round += 1) {
      const run = {};
      for (const path of round % 2 === 0 ? paths : [...paths].reverse())
        run[path] = await measure(path, seconds);
      runs.push(run);
      say(paths.map((path) => `${path} ${run[path].cost.toFixed(1)} ${run[path].unit}`).join('  '));
    }
    return report(runs);
  } finally {
    await end(server.child);
    await end(load);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The processor's time where the system tells it, else the clock's. */
async function measured({ load, port, pid, request, seconds }) {
  const before = cpuTime(pid);
  const result = await ask(load, { port, request, connections, seconds, spin: cores !== undefined });
  if (result.error) throw new Error(result.error);
  if (Object.keys(result.statuses).join() !== '200')
    throw new Error(`answered ${JSON.stringify(result.statuses)}`);
  return before === undefined
    ? { cost: 1e6 / result.perSecond, unit: 'µs' }
    : { cost: ((cpuTime(pid) - before) * 1000) / result.requests, unit: 'µs of processor' };
}

const report = (runs) => {
  const of = (path) => median(runs.map((run) => run[path].cost));
  const { unit } = runs[0]['/alone'];
  return [
    figure(
      'a route through three dependencies against currentUser alone, a request',
      median(runs.map((run) => run['/three'].cost / run['/alone'].cost)),
      '×',
      '≤ 1.10',
    ),
    figure('with currentUser alone, a request', of('/alone'), unit),
    figure('through three dependencies, a request', of('/three'), unit),
  ];
};
