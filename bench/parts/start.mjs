// From the start of the process to its first answer, and the memory that it holds: at rest, and after many requests.
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, median } from '../support/figures.mjs';
import { ask, cpuTime, end, pause, residentMemory, startWorker } from '../support/processes.mjs';
import { getMe, signedIn, startSallyport } from '../support/sallyport.mjs';

const eachStep = 100_000;

export async function start({ rounds = 7, long = false, say }) {
  const starts = await firstAnswers(rounds, say);
  const memory = await memoryOver(long ? 1_000_000 : 200_000, say);
  return [
    figure(
      'start to the first answer of /healthz, database there',
      median(starts.later.map(({ took }) => took)),
      's',
      '≤ 0.5',
    ),
    figure('processor that a start uses, all threads', median(starts.later.map(({ cpu }) => cpu)), 's'),
    figure('the same with a database to make', starts.first.took, 's'),
    figure('an empty Node to its first line, for comparison', starts.node, 's'),
    figure('memory at rest (RSS)', memory.rest, 'MB', '≤ 100'),
    ...memory.steps,
    figure(`heap gained from request ${eachStep} to the last`, memory.gained, 'MB', '≤ 2'),
  ];
}

async function firstAnswers(rounds, say) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const port = await freePort();
  const once = async () => {
    const began = performance.now();
    const starting = startSallyport({ folder, env: { PORT: String(port) } });
    starting.catch(() => {});
    while (!(await answers(port))) await pause(10);
    const took = (performance.now() - began) / 1000;
    const server = await starting;
    const cpu = (cpuTime(server.child.pid) ?? Number.NaN) / 1000;
    await server.stop();
    return { took, cpu };
  };
  try {
    const first = await once();
    const later = [];
    for (let round = 0; round < rounds; round += 1) later.push(await once());
    say(`starts: ${first.took.toFixed(3)} then ${later.map(({ took }) => took.toFixed(3)).join(' ')} s`);
    return { first, later, node: await emptyNode() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function emptyNode() {
  const { spawnSync } = await import('node:child_process');
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    return (performance.now() - began) / 1000;
  });
  return median(times);
}

const answers = (port) =>
  new Promise((resolve) => {
    get({ port, path: '/healthz', host: '127.0.0.1', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

async function memoryOver(requests, say) {
  const plain = await startSallyport();
  await pause(2000);
  const rest = residentMemory(plain.child.pid);
  await plain.stop();
  const server = await startSallyport({ probe: true });
  const load = (await startWorker('load.mjs', [])).child;
  try {
    const request = getMe(await signedIn(server.port));
    const measured = [];
    for (let done = 0; done < requests; done += eachStep) {
      const result = await ask(load, { port: server.port, request, connections: 32, requests: eachStep });
      if (result.error) throw new Error(result.error);
      await pause(500);
      const { rss, heapUsed } = await ask(server.child, 'measure');
      measured.push({ at: done + eachStep, rss: rss / 1e6, heap: heapUsed / 1e6 });
      say(
        `${done + eachStep} requests: RSS ${(rss / 1e6).toFixed(1)} MB, heap ${(heapUsed / 1e6).toFixed(2)} MB`,
      );
    }
    const steps = measured.flatMap(({ at, rss, heap }) => [
      figure(`after ${at} requests and a collection: RSS`, rss, 'MB'),
      figure(`after ${at} requests and a collection: heap`, heap, 'MB'),
    ]);
    return { rest, steps, gained: measured.at(-1).heap - measured[0].heap };
  } finally {
    await end(load);
    await server.stop();
  }
}
