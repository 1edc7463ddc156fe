// npm run bench [-- part … --write --long --rounds N --dist FOLDER]: each part measures in one run, prints its figures
// and one line of JSON. Trust the ratios: what is compared runs side by side on the same machine in the same minutes.
import { parseArgs } from 'node:util';
import { dependencies } from './parts/dependencies.mjs';
import { guarded } from './parts/guarded.mjs';
import { pieces } from './parts/pieces.mjs';
import { scale } from './parts/scale.mjs';
import { start } from './parts/start.mjs';
import { storm } from './parts/storm.mjs';
import { types } from './parts/types.mjs';
import { writeReport } from './support/report.mjs';

const parts = { guarded, dependencies, storm, start, scale, parts: pieces, types };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
    dist: { type: 'string', multiple: true, default: [] },
  },
});
const unknown = positionals.find((name) => !(name in parts));
if (unknown !== undefined) {
  process.stderr.write(`bench: there is no part ${unknown}. Parts: ${Object.keys(parts).join(', ')}\n`);
  process.exit(2);
}

const wanted = positionals.length === 0 ? Object.keys(parts) : positionals;
for (const name of wanted) {
  process.stdout.write(`\n${name}\n`);
  const began = performance.now();
  const figures = await parts[name]({
    say: (line) => process.stderr.write(`  ${line}\n`),
    dists: values.dist,
    long: values.long,
    ...(values.only && { only: values.only }),
    ...(values.rounds && { rounds: Number(values.rounds) }),
    ...(values.seconds && { seconds: Number(values.seconds) }),
  });
  for (const { what, value, unit, aim, reached } of figures) {
    const verdict = aim === undefined ? '' : `   asked ${aim} ${reached ? '✓' : '✗'}`;
    process.stdout.write(`  ${what}: ${value} ${unit}${verdict}\n`);
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  const line = { part: name, node: process.versions.node, at: new Date().toISOString(), seconds, figures };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  if (values.write) writeReport(line);
}
process.exit(0);
