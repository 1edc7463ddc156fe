// What the static checks share: the files of a folder, the syntax tree of one, and how refusals are printed.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseSync } from 'oxc-parser';

/** Paths below the folder with "/" on every platform, sorted; an absent folder has none. */
export function listFiles(folder, endings, below = '') {
  let entries;
  try {
    entries = readdirSync(join(folder, below), { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  const paths = entries.flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listFiles(folder, endings, path);
    return endings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
  });
  return paths.sort();
}

/** What one file imports, which watched globals it reads, its comments, and its mistakes; each with its line. */
export function parse(file, text) {
  const { program, comments, errors } = parseSync(file, text);
  const starts = lineStarts(text);
  const lineOf = (offset) => starts.findLastIndex((start) => start <= offset) + 1;
  const imports = [];
  const reads = [];
  walk(program, (node) => {
    const imported = importOf(node);
    if (imported) imports.push({ ...imported, line: lineOf(node.start) });
    const name = readOf(node);
    if (name) reads.push({ name, line: lineOf(node.start) });
  });
  const mistakes = errors.map(({ message, labels }) => ({ message, line: lineOf(labels?.[0]?.start ?? 0) }));
  return {
    imports,
    reads,
    comments: comments.map(({ value, start }) => ({ value, line: lineOf(start) })),
    errors: mistakes,
  };
}

function walk(node, visit) {
  if (Array.isArray(node)) {
    for (const one of node) walk(one, visit);
  } else if (typeof node?.type === 'string') {
    visit(node);
    for (const key of Object.keys(node)) if (typeof node[key] === 'object') walk(node[key], visit);
  }
}

function lineStarts(text) {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

const importers = [
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
];

function importOf(node) {
  if (!importers.includes(node.type) || (node.type === 'ExportNamedDeclaration' && !node.source))
    return undefined;
  const source = node.source ?? node.argument?.literal ?? node.argument;
  const names = (node.specifiers ?? []).map((one) => one.imported?.name ?? `all as ${one.local.name}`);
  return { specifier: typeof source?.value === 'string' ? source.value : undefined, names };
}

const watched = ['process.env', 'process.hrtime', 'Date.now', 'performance.now'];

/** A watched global in any spelling: called, handed on as a function, or taken apart. */
function readOf(node) {
  if (node.type === 'MemberExpression') {
    const object = node.object.name ?? node.object.property?.name;
    const name = `${object}.${node.computed ? node.property.value : node.property.name}`;
    return watched.includes(name) ? name : undefined;
  }
  if (node.type === 'VariableDeclarator' && node.id.type === 'ObjectPattern') {
    const object = node.init?.name ?? node.init?.property?.name;
    return node.id.properties
      .map((one) => `${object}.${one.key?.name}`)
      .find((name) => watched.includes(name));
  }
  const now =
    (node.type === 'NewExpression' || node.type === 'CallExpression') && node.callee.name === 'Date';
  return now && (node.arguments.length === 0 || node.type === 'CallExpression') ? 'new Date()' : undefined;
}

/** Prints refusals as file:line, and ends the process with 1 when there are any. */
export function report(title, refusals) {
  for (const { file, line, message } of refusals) console.error(`${file}:${line}  ${message}`);
  console.log(`${title}: ${refusals.length === 0 ? 'in order' : `${refusals.length} refused`}`);
  process.exitCode = refusals.length === 0 ? 0 : 1;
}
