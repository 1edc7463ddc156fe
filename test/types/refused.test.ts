import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const noGuard = "No guard among this route's needs. Add one";
const both = "This route has a guard and says access: 'public'. Keep one of the two.";
const message = '{ 200: Message }';
const reply = "async () => ({ message: 'x' })";

/** What must not compile, and what the compiler says. The boot-time twins stand in test/access/route-checks.test.ts. */
const refused: [string, string, string][] = [
  ['no guard', `routes.get('/1', { response: ${message} }, ${reply});`, noGuard],
  [
    'needs without a guard',
    `routes.get('/2', { needs: { plain }, params: z.object({ id: z.string() }), response: ${message} }, async ({ params, plain }) => ({ message: params.id + plain.toFixed() }));`,
    noGuard,
  ],
  [
    'a guard and public',
    `routes.get('/3', { access: 'public', needs: { u: currentUser }, response: ${message} }, async ({ u }) => ({ message: u.email }));`,
    both,
  ],
  ['a widened dependency', `routes.get('/4', { needs: { wide }, response: ${message} }, ${reply});`, noGuard],
  [
    'a guard or something else',
    `routes.get('/5', { needs: { either }, response: ${message} }, ${reply});`,
    noGuard,
  ],
  [
    'a wrong response',
    `routes.get('/6', { access: 'public', response: ${message} }, async () => ({ massage: 'x' }));`,
    "'{ massage: string; }' is not assignable to",
  ],
  [
    'a misspelt access',
    `routes.get('/7', { access: 'pubic', response: ${message} }, ${reply});`,
    `Type '"pubic"' is not assignable to type '"public"'`,
  ],
  [
    'an undeclared input',
    `routes.get('/8', { needs: { u: currentUser }, response: ${message} }, async ({ params }) => ({ message: params }));`,
    "Property 'params' does not exist",
  ],
  [
    'a forged guard',
    `routes.get('/9', { needs: { u: { name: 'x', guards: true } }, response: ${message} }, ${reply});`,
    noGuard,
  ],
  [
    'a body of another status',
    `routes.get('/10', { needs: { u: requireRole('admin') }, response: { 200: Message, 201: z.object({ id: z.string() }) } }, async () => answer(201, { message: 'x' }));`,
    'is not assignable to',
  ],
  [
    'an unknown role',
    `routes.get('/11', { needs: { u: requireRole('root') }, response: ${message} }, ${reply});`,
    `Argument of type '"root"'`,
  ],
  [
    'access: undefined',
    `routes.get('/12', { access: undefined, response: ${message} }, ${reply});`,
    "Type 'undefined' is not assignable to type '\"public\"'",
  ],
  [
    'a body on GET',
    `routes.get('/13', { access: 'public', body: Message, response: ${message} }, ${reply});`,
    "'body' does not exist",
  ],
  [
    'a need named like an input',
    `routes.get('/14', { needs: { query: currentUser }, response: ${message} }, ${reply});`,
    'A need cannot be called params, query, headers or body',
  ],
  ['no response', `routes.get('/15', { access: 'public' }, ${reply});`, "Property 'response' is missing"],
  [
    'a misspelt option',
    `routes.get('/16', { access: 'public', qurey: Message, response: ${message} }, ${reply});`,
    "'qurey' does not exist",
  ],
  [
    'raw() for JSON',
    `routes.get('/17', { access: 'public', response: ${message} }, async () => raw('x'));`,
    'is not assignable to',
  ],
  [
    'an undeclared status',
    `routes.get('/18', { access: 'public', response: ${message} }, async () => answer(404, { message: 'x' }));`,
    'is not assignable to',
  ],
  [
    'a plain return with two successes',
    `routes.get('/19', { access: 'public', response: { 200: Message, 201: Message } }, ${reply});`,
    'is not assignable to',
  ],
  ['a plugin without access', `routes.register(async () => {}, {}, {});`, 'is not assignable to'],
  [
    'a plugin with needs that guard nothing',
    `routes.register(async () => {}, {}, { needs: { plain } });`,
    noGuard,
  ],
  [
    'an override of another type',
    `routes.override(currentUser, () => 'alice');`,
    "'string' is not assignable to type",
  ],
  ['a misspelt role', `requireRoleOfOurs('moderatr');`, `'"moderatr"' is not assignable to`],
  ['a misspelt own role', `access.requireRole('editr');`, `'"editr"' is not assignable to`],
  [
    'an own role with the guard of another table',
    `requireRoleOfOurs('editor');`,
    `'"editor"' is not assignable to`,
  ],
  [
    'a misspelt own permission',
    `access.requirePermission('reports:burn');`,
    `'"reports:burn"' is not assignable to`,
  ],
  [
    'a permission given to a role that is not there',
    `defineAccess({ roles: ['editor'], permissions: { 'reports:publish': ['editr'] } });`,
    `'"editr"' is not assignable to`,
  ],
  ['an unknown setting', `void createSecureApp({ settings: { PROT: 1 } });`, "'PROT' does not exist"],
  ['an unknown option', `void createSecureApp({ setings: {} });`, 'setings'],
  [
    'an event that is none of an account',
    `app.on('account.registred', () => {});`,
    `'"account.registred"' is not assignable to`,
  ],
  [
    'a limit by words',
    `routes.get('/l', { access: 'public', limit: { requests: 5, window: '1m' }, response: { 200: Message } }, () => ({ message: '' }));`,
    "'string' is not assignable to type 'number'",
  ],
  [
    'a hook of what guards nothing',
    `const hook: GuardHook = plain.hook; void hook;`,
    "'undefined' is not assignable to type 'GuardHook'",
  ],
];

const preamble = (src: string, tests: string) => `import { z } from 'zod';
import type { Routes } from '${src}/access/create-routes.js';
import {
  answer, createSecureApp, defineAccess, type Dependency, dependency, type GuardHook, raw,
  requireRole as requireRoleOfOurs, type SecureApp,
} from '${src}/index.js';
import { currentUser, requireRole } from '${tests}/app.js';
declare const routes: Routes; declare const app: SecureApp; declare const coin: boolean;
const access = defineAccess({ roles: ['editor'], permissions: { 'reports:publish': ['editor'] } });
const Message = z.object({ message: z.string() });
const plain = dependency('plain', {}, () => 1);
const wide: Dependency<unknown> = currentUser;
const either = coin ? plain : currentUser;
void [answer, raw, wide, either, requireRole, requireRoleOfOurs, access, createSecureApp, app];
`;

describe('what must not compile', () => {
  const cache = join(root, 'node_modules', '.cache');
  let folder = '';
  const errors = new Map<number, string>();
  let first = 0;

  beforeAll(() => {
    mkdirSync(cache, { recursive: true });
    folder = mkdtempSync(join(cache, 'refused-'));
    const to = (path: string) => relative(folder, join(root, path)).replaceAll('\\', '/');
    const head = preamble(to('src'), to('test/access'));
    first = head.split('\n').length;
    writeFileSync(join(folder, 'refused.ts'), head + refused.map(([, code]) => code).join('\n'));
    const compilerOptions = {
      incremental: false,
      tsBuildInfoFile: null,
      types: ['node'],
      typeRoots: [to('node_modules/@types')],
    };
    const config = { extends: to('tsconfig.json'), compilerOptions, include: ['refused.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const told = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
    let line = 0;
    for (const text of told.stdout.split('\n')) {
      const at = /^refused\.ts\((\d+),/.exec(text);
      if (at !== null) line = Number(at[1]);
      else if (/^\S/.test(text)) line = 0;
      errors.set(line, `${errors.get(line) ?? ''}${text}\n`);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('the preamble itself compiles', () => {
    const early = [...errors].filter(([line, text]) => line < first && text.trim() !== '');
    expect(early).toEqual([]);
  });

  it.each(refused.map(([name, , words], at) => [name, at, words] as const))('%s', (_name, at, words) => {
    expect(errors.get(first + at)).toContain(words);
  });
});
