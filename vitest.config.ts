import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** The folders under test/ decide the part; what is not named here is a unit test, or a store's if it opens stores. */
const folders = {
  scripts: ['scripts'],
  store: ['store'],
  wire: ['contract', 'clients', 'e2e', 'cli', 'library'],
  race: ['race'],
  browser: ['browser'],
  package: ['package'],
  nodes: ['nodes'],
};
/** Node 20 runs no TypeScript in a process of its own: these parts run on dist, which is built first. */
const built = ['wire', 'race', 'browser'];

const globs = (names: readonly string[]) => names.map((folder) => `test/${folder}/**/*.test.ts`);

const inFolders = (path: string) =>
  Object.values(folders)
    .flat()
    .some((folder) => path.startsWith(`test/${folder}/`));

/** Tests of any room that run on both engines: they need the tests' PostgreSQL, which the units do without. */
const openStores = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .map((path) => `test/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.test.ts') && !inFolders(path))
  .filter((path) => /support\/stores\b/.test(readFileSync(path, 'utf8')));

/** They meet the package as its consumers do, installed from the tarball. */
const packed = ['package', 'nodes'];
const storeless = ['scripts', 'unit', ...packed];

const setUps = (part: string) => [
  ...(storeless.includes(part) ? [] : ['test/support/postgres.ts']),
  ...(packed.includes(part) ? ['test/package/packed.ts'] : []),
  ...(built.includes(part) ? ['scripts/build-for-tests.mjs'] : []),
];

const named = Object.entries(folders).map(([name, names]) => ({
  extends: true as const,
  test: {
    name,
    include: [...globs(names), ...(name === 'store' ? openStores : [])],
    globalSetup: setUps(name),
  },
}));
const unit = {
  extends: true as const,
  test: {
    name: 'unit',
    // A fresh process for each file is half of their time; none leaves anything behind that another would see.
    isolate: false,
    include: ['test/**/*.test.ts'],
    exclude: [...globs(Object.values(folders).flat()), ...openStores],
    globalSetup: setUps('unit'),
  },
};

export default defineConfig({
  test: {
    projects: [unit, ...named],
    pool: 'forks',
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
