import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workplace } from '../support/command.js';

const place = new Workplace();
const library = pathToFileURL(resolve('dist/index.js')).href;
const at = (name: string) => join(place.folder, name);

/** A built module of an application, as its compiler would leave it. */
function module(name: string, body: string): void {
  writeFileSync(
    at(name),
    `import { createSecureApp, currentUser, defineAccess, requireAdmin } from ${JSON.stringify(library)};
import { z } from ${JSON.stringify(pathToFileURL(resolve('node_modules/zod/index.js')).href)};
const response = { 200: z.object({ ok: z.boolean() }) };
const ok = () => ({ ok: true });
${body}`,
  );
}

const listening = `export const app = await createSecureApp();
app.get('/reports', { needs: { user: currentUser }, response, limit: { requests: 5, window: 60 } }, ok);
app.fastify.get('/raw', { config: { access: 'public' } }, async () => 'x');
app.get('/by', { access: 'public', response, limit: { requests: 5, window: 60, key: 'address' } }, ok);
app.fastify.head('/head', { config: { access: 'public' } }, async () => '');
app.get('/head', { needs: { user: currentUser }, response }, ok);
console.log('loaded', await app.listen({ port: 1 }));
`;

beforeAll(() => {
  mkdirSync(at('dist'));
  module('dist/app.mjs', listening);
  module(
    'dist/factory.mjs',
    `const access = defineAccess({ roles: ['editor'] });
export async function createApp() {
  const app = await createSecureApp({ access, routes: { users: false, events: false } });
  app.get('/edit', { needs: { user: access.requireRole('editor') }, response }, ok);
  return app;
}`,
  );
  module('dist/none.mjs', 'export const nothing = 1;');
  module('dist/two.mjs', 'await createSecureApp(); await createSecureApp();');
  module('dist/open.mjs', `const app = await createSecureApp();\napp.get('/open', { response }, ok);`);
});
afterAll(() => place.leave());

describe('routes', () => {
  test('prints the server’s own, and touches neither folder nor database', async () => {
    const { code, stdout, stderr } = await place.run(['routes']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^METHOD +PATH +ACCESS +LIMIT\n/);
    expect(stdout).toMatch(/^GET +\/users\/me +sessionUser$/m);
    expect(stdout).not.toMatch(/^HEAD/m);
    expect(readdirSync(place.folder)).toEqual(['dist']);
  });

  test('prints those of an application that is built on the library, which does not listen', async () => {
    const { code, stdout, stderr } = await place.run(['routes', './dist/app.mjs']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^GET +\/reports +currentUser +5 in 60 s$/m);
    expect(stdout).toMatch(/^GET +\/raw +public$/m);
    expect(stdout).toMatch(/^GET +\/by +public +5 in 60 s by address$/m);
    // A HEAD that anybody may ask beside a guarded GET is a route like any other.
    expect(stdout).toMatch(/^HEAD +\/head +public$/m);
    expect(stdout.match(/^HEAD/gm)).toHaveLength(1);
    // What the module prints is no part of the table.
    expect(stdout).not.toContain('loaded');
    expect(stderr).toContain('loaded http://127.0.0.1:0');
    expect(readdirSync(place.folder)).toEqual(['dist']);
  });

  test('takes a module that exports a function, and says the same whatever the environment', async () => {
    const env = { ENVIRONMENT: 'production', PORT: 'nonsense' };
    const { code, stdout } = await place.run(['routes', 'dist/factory.mjs', '--json'], { env });
    expect(code).toBe(0);
    const rows: { path: string; access: unknown; limit: unknown }[] = JSON.parse(stdout);
    expect(rows).toContainEqual({
      method: 'GET',
      path: '/edit',
      access: ['requireRole(editor)'],
      limit: null,
    });
    expect(rows.map(({ path }) => path)).not.toContain('/users');
  });

  test('access.lock: written, held, and every change of who may do what is told', async () => {
    const lock = ['routes', './dist/app.mjs', '--check', 'access.lock'];
    const none = await place.run(lock);
    expect(none.code).toBe(1);
    expect(none.stderr).toMatch(
      /there is no access\.lock\. Make it, and commit it: .* routes \.\/dist\/app\.mjs --write access\.lock/,
    );
    expect((await place.run(['routes', './dist/app.mjs', '--write', 'access.lock'])).code).toBe(0);
    expect((await place.run(lock)).code).toBe(0);
    const text = readFileSync(at('access.lock'), 'utf8');
    expect(text).toContain('\nGET  /reports  currentUser  5 in 60 s\n');
    writeFileSync(at('access.lock'), text.replaceAll('\n', '\r\n'));
    expect((await place.run(lock)).code).toBe(0);

    module('dist/app.mjs', listening.replace('{ user: currentUser }', '{ user: requireAdmin }'));
    const changed = await place.run(lock);
    expect(changed.code).toBe(1);
    expect(changed.stdout).toContain(
      '- GET  /reports  currentUser  5 in 60 s\n+ GET  /reports  requireAdmin  5 in 60 s\n',
    );
    const json = JSON.parse((await place.run([...lock, '--json'])).stdout);
    expect(json).toEqual({
      differs: true,
      added: ['GET  /reports  requireAdmin  5 in 60 s'],
      removed: ['GET  /reports  currentUser  5 in 60 s'],
    });
  });

  test.each([
    ['./dist/gone.mjs', /there is no file .*gone\.mjs: build the application first/],
    ['./dist/none.mjs', /none\.mjs makes no application: let it call createSecureApp\(\)/],
    ['./dist/two.mjs', /two\.mjs makes 2 applications/],
    ['./dist/open.mjs', /GET \/open: it has no guard\. Add one/],
  ])('says in one line what is wrong with %s', async (name, words) => {
    const { code, stderr } = await place.run(['routes', name]);
    expect(code).toBe(1);
    expect(stderr).toMatch(words);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
