import { describe, expect, test } from 'vitest';
import { checkDirections } from '../../scripts/import-directions.mjs';
import { sampleTree } from './sample-tree.js';

/** What is refused of these files, as "file:line message". */
function refused(files: Record<string, string>): string[] {
  const sources = Object.fromEntries(Object.entries(files).map(([path, text]) => [`src/${path}`, text]));
  return checkDirections(sampleTree(sources)).map(({ file, line, message }) => `${file}:${line} ${message}`);
}

const upward: [string, Record<string, string>][] = [
  ['a static import', { 'base/a.ts': "import { b } from '../store/b.js';" }],
  ['an import of a type', { 'base/a.ts': "import type { B } from '../store/b.js';" }],
  ['an inline type import', { 'base/a.ts': "export type A = import('../store/b.js').B;" }],
  ['a dynamic import', { 'base/a.ts': "export const b = await import('../store/b.js');" }],
  ['a re-export', { 'base/a.ts': "export { b } from '../store/b.js';" }],
  ['a bare import for its effect', { 'base/a.ts': "import '../store/b.js';" }],
];

describe('room directions', () => {
  test.each(upward)('%s against the direction is refused, with the rule', (_, files) => {
    const found = refused({ ...files, 'store/b.ts': 'export const b = 1; export type B = 1;' });
    expect(found).toEqual([
      expect.stringContaining('src/base/a.ts:1 base may not import store (only no other room)'),
    ]);
  });

  test('imports along the direction pass, those of index and testing anywhere', () => {
    const files = {
      'base/b.ts': 'export const b = 1;',
      'flows/f.ts': "import { b } from '../base/b.js'; export const f = b;",
      'testing/t.ts': "import { f } from '../flows/f.js'; export const t = f;",
      'index.ts': "export { t } from './testing/t.js';",
      'library/index.ts': "import { app } from '../app.js'; export const made = app;",
      'app.ts': "import { f } from './flows/f.js'; export const app = f;",
    };
    expect(refused(files)).toEqual([]);
  });

  test.each([
    ['accounts', 'tokens'],
    ['tokens', 'accounts'],
    ['limits', 'accounts'],
    ['http', 'store'],
    ['http', 'limits'],
    ['flows', 'http'],
    ['check', 'settings'],
    ['routes', 'app'],
    ['library', 'cli'],
    ['base', 'index'],
  ])('%s may not look into %s', (from, to) => {
    const target = ['app', 'index'].includes(to) ? `${to}.ts` : `${to}/t.ts`;
    const found = refused({
      [`${from}/f.ts`]: `import '../${target.replace('.ts', '.js')}';`,
      [target]: 'export const t = 1;',
    });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${from} may not import ${to}`);
  });

  test('a room that nobody gave a place is refused', () => {
    expect(refused({ 'extras/e.ts': "import '../base/b.js';", 'base/b.ts': '' })[0]).toContain(
      'has no place',
    );
  });

  test('an import out of src, without .js, of nothing, or by a computed name is refused', () => {
    const text = "import '../../test/x.js';\nimport './b';\nimport './gone.js';\nawait import(name);";
    const found = refused({ 'base/a.ts': text, 'base/b.ts': '' });
    expect(found.map((line) => line.split(' ')[0])).toEqual(
      [1, 2, 3, 4].map((line) => `src/base/a.ts:${line}`),
    );
  });
});

describe('circles', () => {
  test('one of three files is told once, with its way', () => {
    const found = refused({
      'base/a.ts': "import './b.js';",
      'base/b.ts': "import './c.js';",
      'base/c.ts': "// first\nimport type { A } from './a.js';",
      'base/d.ts': "import './a.js';",
    });
    expect(found).toEqual([
      'src/base/c.ts:2 imports in a circle: base/a.ts → base/b.ts → base/c.ts → base/a.ts',
    ]);
  });

  test('two ways to one file are no circle', () => {
    const files = {
      'base/a.ts': "import './b.js'; import './c.js';",
      'base/b.ts': "import './d.js';",
      'base/c.ts': "import './d.js';",
      'base/d.ts': '',
    };
    expect(refused(files)).toEqual([]);
  });
});

describe('borders of packages', () => {
  test.each([
    ['flows/sign-in.ts', 'fastify'],
    ['flows/sign-in.ts', '@fastify/swagger'],
    ['limits/x.ts', 'fastify-type-provider-zod'],
    ['accounts/account.ts', 'kysely'],
    ['flows/register.ts', 'kysely'],
    ['http/x.ts', 'jose'],
    ['accounts/account.ts', '@node-rs/bcrypt'],
    ['flows/x.ts', 'piscina'],
    ['flows/x.ts', 'pg'],
    ['flows/x.ts', 'node:sqlite'],
    ['store-like.ts', '@photostructure/sqlite'],
    ['library/index.ts', 'commander'],
    ['base/x.ts', 'crypto'],
    ['http/x.ts', 'node:perf_hooks'],
  ])('%s may not import %s', (file, name) => {
    expect(refused({ [file]: `import '${name}';` })).toHaveLength(1);
  });

  test.each([
    ['app.ts', 'fastify'],
    ['http/x.ts', 'fastify/types/hooks.js'],
    ['accounts/accounts-queries.ts', 'kysely'],
    ['limits/counter.ts', 'kysely'],
    ['tokens/jwks.ts', 'jose'],
    ['accounts/password-hash-worker.ts', '@node-rs/bcrypt'],
    ['store/connection.ts', 'pg'],
    ['store/migrations/one.ts', 'kysely'],
    ['cli/main.ts', 'commander'],
    ['flows/x.ts', 'pgpass'],
    ['base/x.ts', 'node:crypto'],
    ['cli/x.ts', 'node:process'],
  ])('%s may import %s', (file, name) => {
    expect(refused({ [file]: `import '${name}';` })).toEqual([]);
  });
});

describe('globals', () => {
  test.each([
    "import { env } from 'node:process';",
    "import { hrtime as clock } from 'node:process';",
    "import other from 'node:process';",
    'const a = process.env.X;',
    "const a = process['env'];",
    'const a = globalThis.process.env;',
    'const { env } = process;',
    'const a = Date.now();',
    'const a = { now: Date.now };',
    'const a = new Date();',
    'const a = Date();',
    'const a = performance.now();',
    'const a = process.hrtime.bigint();',
  ])('%s is refused', (text) => {
    expect(refused({ 'flows/x.ts': text })).toHaveLength(1);
  });

  test('the one file of each may read it, a given time is no clock, a word in a string or comment is nothing', () => {
    const files = {
      'settings/environment.ts': 'export const a = process.env;',
      'base/clock.ts': 'export const a = () => Date.now();',
      'flows/x.ts':
        "// Date.now()\nexport const a = new Date(5), b = 'process.env', c = clock.now(), d = process.pid;",
    };
    expect(refused(files)).toEqual([]);
  });
});
