// Who may look into which room (docs/architecture.md), enforced: reads every import of src/ from its syntax tree, static,
// dynamic and of types alike, and refuses what goes against the direction, in a circle, or past a border.
//   node scripts/import-directions.mjs [ROOT]
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { listFiles, parse, report } from './source-tree.mjs';

const domain = ['limits', 'events', 'store', 'settings', 'base'];

/** Each room with the rooms it may import. A room that is not here is refused until somebody decides its place. */
const mayImport = {
  base: [],
  settings: ['base'],
  store: ['settings', 'base'],
  events: ['store', 'settings', 'base'],
  limits: ['events', 'store', 'settings', 'base'],
  accounts: domain,
  tokens: domain,
  'api-keys': domain,
  flows: ['accounts', 'tokens', 'api-keys', ...domain],
  http: ['settings', 'base'],
  access: ['http', 'flows', 'accounts', 'tokens', 'api-keys', ...domain],
  routes: ['access', 'http', 'flows', 'accounts', 'tokens', 'api-keys', ...domain],
  check: ['base'],
  console: ['check', 'access', 'http', 'flows', 'accounts', 'tokens', 'api-keys', ...domain],
  app: ['console', 'routes', 'access', 'http', 'flows', 'accounts', 'tokens', 'api-keys', ...domain],
  library: ['app', 'routes', 'access', 'http', 'flows', 'accounts', 'tokens', 'api-keys', ...domain],
  cli: [
    'library',
    'app',
    'console',
    'check',
    'routes',
    'access',
    'http',
    'flows',
    'accounts',
    'tokens',
    'api-keys',
    ...domain,
  ],
  index: 'all',
  testing: 'all',
};

const web = 'a domain function or a flow never sees a request or a reply';
const within =
  (...rooms) =>
  (file) =>
    rooms.includes(roomOf(file));

/** Packages that only some files may import. */
const borders = [
  {
    packages: ['fastify', 'fastify-type-provider-zod', '@fastify/'],
    may: within('http', 'access', 'routes', 'console', 'app', 'library'),
    where: 'http, access, routes, console, app, library',
    why: web,
  },
  {
    packages: ['kysely'],
    may: (file) => file.endsWith('-queries.ts') || within('limits', 'events', 'store')(file),
    where: '*-queries.ts, limits, events, store',
    why: 'SQL stands where a reader looks for it',
  },
  {
    packages: ['jose'],
    may: within('tokens'),
    where: 'tokens',
    why: 'one table of algorithms decides what a token may be',
  },
  {
    packages: ['@node-rs/', 'piscina'],
    may: (file) => file.startsWith('accounts/password-hash'),
    where: 'accounts/password-hash*',
    why: 'always one full hash, by the pool: a second way in would not be counted',
  },
  {
    packages: ['pg', 'node:sqlite', '@photostructure/'],
    may: within('store'),
    where: 'store',
    why: 'one place knows both engines',
  },
  {
    packages: ['commander'],
    may: within('cli'),
    where: 'cli',
    why: 'the command line is read by the command alone',
  },
];

/** What may be imported of node:process: names that are no way around the rules on globals. */
const harmless = /^(all as process|(?!all as |env$|hrtime$).*)$/;

/** Globals that only one file may read. */
const globals = [
  {
    name: 'process.env',
    may: 'settings/environment.ts',
    why: 'settings are read once, checked together, then frozen',
  },
  { name: 'Date.now', may: 'base/clock.ts', why: 'tests set the clock: take a Clock' },
  { name: 'new Date()', may: 'base/clock.ts', why: 'tests set the clock: take a Clock' },
  { name: 'process.hrtime', may: 'base/clock.ts', why: 'tests set the clock: take a Clock' },
  { name: 'performance.now', may: 'base/clock.ts', why: 'tests set the clock: take a Clock' },
];

/** All refusals of the tree under `root`, each with file, line, rule and reason. */
export function checkDirections(root) {
  const src = join(root, 'src');
  const files = listFiles(src, ['.ts']);
  const known = new Set(files);
  const edges = new Map();
  const refusals = [];
  for (const file of files) {
    const { imports, reads, errors } = parse(file, readFileSync(join(src, file), 'utf8'));
    const refuse = (line, message) => refusals.push({ file: `src/${file}`, line, message });
    for (const error of errors) refuse(error.line, `does not parse: ${error.message}`);
    for (const read of reads) judgeRead(file, read, refuse);
    edges.set(file, []);
    for (const one of imports) {
      const target = judgeImport(file, one, known, refuse);
      if (target) edges.get(file).push({ target, line: one.line });
    }
  }
  return [...refusals, ...circles(edges)];
}

function roomOf(file) {
  const [first, second] = file.split('/');
  return second === undefined ? first.replace(/\.ts$/, '') : first;
}

/** It loads the application that the command line names. */
const loader = 'cli/load-app.ts';

function judgeImport(file, { specifier, names, line }, known, refuse) {
  if (specifier === undefined && file === loader) return undefined;
  if (specifier === undefined) {
    refuse(line, 'a dynamic import must name its file as plain text: else nobody can tell where it looks');
    return undefined;
  }
  if (!specifier.startsWith('.')) return judgePackage(file, { specifier, names, line }, refuse);
  const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
  if (!specifier.endsWith('.js') || !known.has(target)) {
    refuse(line, `"${specifier}" is no file of src/: relative imports end in .js and stay inside src/`);
    return undefined;
  }
  const [from, to] = [roomOf(file), roomOf(target)];
  const allowed = mayImport[from];
  if (allowed === undefined)
    refuse(line, `the room "${from}" has no place in scripts/import-directions.mjs: give it one`);
  else if (from !== to && allowed !== 'all' && !allowed.includes(to)) {
    const places = allowed.length === 0 ? 'no other room' : allowed.join(', ');
    refuse(
      line,
      `${from} may not import ${to} (only ${places}): imports go one way, so each room is understood without those above it`,
    );
  }
  return target;
}

function judgePackage(file, { specifier, names, line }, refuse) {
  for (const { packages, may, where, why } of borders) {
    const named = packages.some(
      (name) => specifier === name || specifier.startsWith(name.endsWith('/') ? name : `${name}/`),
    );
    if (named && !may(file)) refuse(line, `only ${where} may import ${specifier}: ${why}`);
  }
  if (builtinModules.includes(specifier))
    refuse(line, `write node:${specifier}: a package of that name could stand in for it`);
  if (['perf_hooks', 'node:perf_hooks'].includes(specifier))
    refuse(line, `${specifier} reads the time: take a Clock of base/clock.ts`);
  if (specifier === 'node:process' && names.some((name) => !harmless.test(name))) {
    refuse(
      line,
      'take the whole of node:process as process, and neither env nor hrtime alone: they are watched under that name',
    );
  }
}

function judgeRead(file, { name, line }, refuse) {
  const rule = globals.find((one) => one.name === name);
  if (rule && rule.may !== file) refuse(line, `only ${rule.may} reads ${name}: ${rule.why}`);
}

/** Every circle once, told from its alphabetically first file. */
function circles(edges) {
  const found = [];
  const done = new Set();
  const visit = (file, path) => {
    const at = path.findIndex((step) => step.file === file);
    if (at >= 0) {
      const circle = path.slice(at);
      const names = circle.map((step) => step.file);
      const { line } = circle[circle.length - 1];
      found.push({
        file: `src/${names[names.length - 1]}`,
        line,
        message: `imports in a circle: ${[...names, file].join(' → ')}`,
      });
      return;
    }
    if (done.has(file)) return;
    for (const { target, line } of edges.get(file) ?? []) visit(target, [...path, { file, line }]);
    done.add(file);
  };
  for (const file of [...edges.keys()].sort()) visit(file, []);
  return found;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)));
  report('import directions', checkDirections(root));
}
