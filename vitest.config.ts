import { defineConfig } from 'vitest/config';

/** The folders under test/ decide the part; whatever is not named here is a unit test. */
const parts = {
  scripts: ['scripts'],
  store: ['store'],
  wire: ['contract', 'clients', 'e2e'],
  race: ['race'],
  browser: ['browser'],
};
/** Node 20 runs no TypeScript in a process of its own: these parts run on dist, which is built first. */
const built = ['wire', 'race', 'browser'];

const globs = (folders: readonly string[]) => folders.map((folder) => `test/${folder}/**/*.test.ts`);

/** The store's tests find their PostgreSQL by the first of these; the tests of the scripts need none. */
const setUps = (part: string) => [
  ...(part === 'scripts' ? [] : ['test/support/postgres.ts']),
  ...(built.includes(part) ? ['scripts/build-for-tests.mjs'] : []),
];

const named = Object.entries(parts).map(([name, folders]) => ({
  extends: true as const,
  test: { name, include: globs(folders), globalSetup: setUps(name) },
}));
const unit = {
  extends: true as const,
  test: {
    name: 'unit',
    include: ['test/**/*.test.ts'],
    exclude: globs(Object.values(parts).flat()),
    globalSetup: setUps('unit'),
  },
};

export default defineConfig({
  test: { projects: [unit, ...named], pool: 'forks', testTimeout: 30_000, hookTimeout: 60_000 },
});
