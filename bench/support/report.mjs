// Writes a part's figures into docs/performance.md, between its own pair of marks.
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from './processes.mjs';

const page = join(root, 'docs', 'performance.md');

export function writeReport({ part, node, at, figures }) {
  const text = readFileSync(page, 'utf8');
  const [begin, end] = [`<!-- bench ${part} -->`, `<!-- /bench ${part} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to === -1) throw new Error(`docs/performance.md has no place for ${part}`);
  const rows = figures.map(({ what, value, unit, aim, reached }) => {
    const verdict = aim === undefined ? '' : `${aim} ${reached ? '✓' : '✗'}`;
    return `| ${what} | ${value} ${unit} | ${verdict} |`;
  });
  const words = `\`npm run bench -- ${part}\`, ${at.slice(0, 10)}, Node ${node}, ${availableParallelism()} cores`;
  const table = [words, '', '| what | figure | asked |', '| --- | --- | --- |', ...rows].join('\n');
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`);
}
