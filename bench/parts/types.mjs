// How long the compiler takes for an application of 300 routes, against the same in plain Fastify with the zod type provider.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { figure, median } from '../support/figures.mjs';
import { root } from '../support/processes.mjs';
import { typedApps } from '../support/typed-apps.mjs';

const routes = 300;

const compilerOptions = (dist) => ({
  target: 'ES2022',
  module: 'NodeNext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  noEmit: true,
  paths: { sallyport: [join(dist, 'index.d.ts')] },
});

export async function types({ rounds = 7, dists = [], say }) {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'bench-types-'));
  try {
    const { sallyport, plain } = typedApps(routes);
    const projects = {
      plain: write(join(folder, 'plain'), plain, join(root, 'dist')),
      sallyport: write(join(folder, 'sallyport'), sallyport, join(root, 'dist')),
    };
    for (const [at, dist] of dists.entries())
      projects[dist] = write(join(folder, String(at)), sallyport, dist);
    for (const project of Object.values(projects)) compile(project);
    const runs = [];
    for (let round = 0; round < rounds; round += 1) {
      const names = round % 2 === 0 ? Object.keys(projects) : Object.keys(projects).reverse();
      runs.push(Object.fromEntries(names.map((name) => [name, compile(projects[name])])));
      say(names.map((name) => `${name} ${runs.at(-1)[name].toFixed(2)} s`).join('  '));
    }
    return report(Object.keys(projects), runs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(folder, files, dist) {
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const config = { compilerOptions: compilerOptions(dist), include: ['*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  return folder;
}

/** Seconds. */
function compile(folder) {
  const began = performance.now();
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${folder} does not compile:\n${stdout}`);
  return (performance.now() - began) / 1000;
}

const report = (names, runs) => [
  ...names
    .slice(1)
    .map((name) =>
      figure(
        `tsc --noEmit on ${routes} routes, ${name} against plain Fastify with the zod type provider`,
        median(runs.map((run) => run[name] / run.plain)),
        '×',
        '≤ 2',
      ),
    ),
  ...names.map((name) => figure(`${name}: tsc --noEmit`, median(runs.map((run) => run[name])), 's')),
];
