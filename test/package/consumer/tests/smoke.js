import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** What runs on every Node that we promise: the installed package on real sockets, its database in a folder of its own. */
const folder = mkdtempSync(join(tmpdir(), 'sallyport-smoke-'));
const children = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const command = createRequire(import.meta.url)
  .resolve('sallyport/package.json')
  .replace(/package\.json$/, 'dist/bin/sallyport.js');
const example = fileURLToPath(new URL('../dist/app.js', import.meta.url));
const person = { email: 'alice@example.org', username: 'alice', password: 'Wonderland-1865' };

/** Starts it on a free port; resolves with its URL once it tells that. */
function serve(name, args) {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    DATA_DIR: join(folder, name),
    PORT: '0',
    SECURITY_BCRYPT_ROUNDS: '4',
  };
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const ended = new Promise((resolve) => child.once('close', resolve));
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (chunk) => {
      said += chunk;
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (url !== undefined) resolve({ url, stop: () => child.kill('SIGTERM') && ended });
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    ended.then((code) => reject(new Error(`it ended with ${code}: ${said}`)));
  });
}

const call = (url, method, { token, json, form } = {}) =>
  fetch(url, {
    method,
    headers: {
      ...(json && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: json ? JSON.stringify(json) : form && new URLSearchParams(form),
  });

async function signIn(url) {
  assert.equal((await call(`${url}/auth/register`, 'POST', { json: person })).status, 201);
  const form = { username: person.username, password: person.password };
  const answer = await call(`${url}/auth/token`, 'POST', { form });
  assert.equal(answer.status, 200);
  return (await answer.json()).access_token;
}

test('the command serves: docs, register, sign in, a guard', async () => {
  const { url, stop } = await serve('command', [command, 'serve']);
  assert.equal((await call(`${url}/docs`, 'GET')).status, 200);
  const common = await call(`${url}/auth/register`, 'POST', { json: { ...person, password: 'Password123' } });
  assert.equal(common.status, 422);
  assert.match(await common.text(), /common/);
  const token = await signIn(url);
  assert.equal((await call(`${url}/users/me`, 'GET')).status, 401);
  const me = await call(`${url}/users/me`, 'GET', { token });
  assert.equal((await me.json()).username, 'alice');
  assert.equal(await stop(), 0);
});

test('an application of the library serves its own guarded routes', async () => {
  const { url, stop } = await serve('library', [example]);
  const token = await signIn(url);
  assert.equal((await call(`${url}/reports/x`, 'GET')).status, 401);
  const own = await call(`${url}/reports/x`, 'GET', { token });
  assert.deepEqual(await own.json(), { title: 'x', by: 'alice' });
  const refused = await call(`${url}/reports`, 'POST', { token, json: { title: 'y', by: 'alice' } });
  assert.equal(refused.status, 403);
  await stop();
});
