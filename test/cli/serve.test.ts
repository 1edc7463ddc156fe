import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort, type Outcome, Workplace } from '../support/command.js';
import { password } from '../support/wire.js';

const places: Workplace[] = [];
const newPlace = (env: Record<string, string> = {}): Workplace => {
  const place = new Workplace(env);
  places.push(place);
  return place;
};
afterEach(async () => {
  for (const place of places.splice(0)) await place.leave();
});

/** One line that says what to do, exit code 1, no stack. */
function expectOneLine({ code, stderr }: Outcome, words: RegExp): void {
  expect(stderr).toMatch(words);
  expect(stderr).toMatch(/^sallyport: [^\n]+\n$/);
  expect(stderr).not.toMatch(/\sat \S+:\d+/);
  expect(code).toBe(1);
}

describe('serve', () => {
  test('says what a newcomer needs on stderr, and nothing but JSON lines on stdout', async () => {
    const place = newPlace();
    const server = await place.serve();
    const { stderr, url } = server;
    for (const words of [
      `Address      ${url}  (development)`,
      `Docs page    ${url}/docs`,
      join('.sallyport', 'sallyport.db'),
      'First admin  node dist/bin/sallyport.js users create --role admin --email you@example.org --username you',
      'SECURITY_JWT_SECRET_KEY  made for you once, kept in the data folder',
    ])
      expect(stderr).toContain(words);
    await server.call('GET', '/users/me');
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const lines = server.stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) });
  });

  test('the hint at the first admin is gone once there is one', async () => {
    const place = newPlace();
    await place.run(['migrate']);
    const args = ['users', 'create', '--role', 'admin', '--email', 'a@example.org', '--username', 'ada'];
    expect((await place.run([...args, '--password-stdin'], { input: password })).code).toBe(0);
    expect((await place.serve()).stderr).not.toMatch(/First admin/);
  });

  test('settings that do not hold are listed all at once, cleanly', async () => {
    const env = { ENVIRONMENT: 'production', DEBUG: 'true', PORT: 'many', SECURITY_BCRYPT_ROUNDS: '4' };
    const { code, stdout, stderr } = await newPlace().run(['serve'], { env });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^sallyport: \d settings need a change:\n\n {2}\w+ /);
    for (const name of [
      'DEBUG',
      'PORT',
      'SECURITY_BCRYPT_ROUNDS',
      'SECURITY_JWT_SECRET_KEY',
      'ALLOWED_HOSTS',
    ])
      expect(stderr).toContain(`\n  ${name} `);
    expect(stderr).toContain('node dist/bin/sallyport.js secret');
    expect(stderr).not.toMatch(/did not start|\sat \S+:\d+/);
  });

  test('goes on when whoever read its output is gone', async () => {
    const server = await newPlace().serve({ env: { LOG_LEVEL: 'debug' } });
    server.child.stdout?.destroy();
    server.child.stderr?.destroy();
    for (let n = 0; n < 20; n++) expect((await server.call('GET', '/users/me')).status).toBe(401);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a server and the command line on one SQLite file', () => {
  test('the server obeys on the very next request', async () => {
    const place = newPlace();
    const server = await place.serve();
    const json = { email: 'rose@example.org', username: 'rose', password };
    expect((await server.call('POST', '/auth/register', { json })).status).toBe(201);
    const signIn = () => server.call('POST', '/auth/token', { form: { username: 'rose', password } });
    const token = (await signIn()).json.access_token;
    const events = async () => (await server.call('GET', '/events', { token })).status;
    const users = async (...args: string[]) =>
      expect((await place.run(['users', ...args], { input: password })).code).toBe(0);
    const boss = ['--email', 'boss@example.org', '--username', 'boss', '--role', 'admin', '--password-stdin'];
    await users('create', ...boss);

    expect(await events()).toBe(403);
    await users('set-role', 'rose', 'admin');
    expect(await events()).toBe(200);
    await users('set-role', 'rose', 'user');
    expect(await events()).toBe(403);
    await users('disable', 'rose');
    const shut = await server.call('GET', '/users/me', { token });
    expect([shut.status, shut.json.detail]).toEqual([403, 'Account is disabled']);
    await users('enable', 'rose');
    expect((await server.call('GET', '/users/me', { token })).status).toBe(401);
    expect((await signIn()).status).toBe(200);
  });
});

describe('what is in the way is one clear line', () => {
  test('a second server on the same data folder', async () => {
    const place = newPlace();
    await place.serve();
    const second = await place.run(['serve'], { env: { PORT: String(await freePort()) } });
    expectOneLine(second, /Another server is already running on .*sallyport\.db: stop it first, or give /);
  });

  test('a taken port', async () => {
    const other = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const outcome = await newPlace().run(['serve'], { env: { PORT: String(port) } });
    other.close();
    expect(outcome.stderr).toMatch(new RegExp(`port ${port} is taken .*PORT=${port + 1}`));
    expect([outcome.code, outcome.stderr]).toEqual([1, expect.not.stringMatching(/\sat \S+:\d+/)]);
  });

  test('a file that is no database', async () => {
    const place = newPlace();
    writeFileSync(
      join(place.folder, 'x.db'),
      'this is a letter, not a database, and quite long enough to see\n',
    );
    const outcome = await place.run(['serve'], { env: { DATABASE_URL: 'sqlite:./x.db' } });
    expectOneLine(
      outcome,
      /x\.db is not an SQLite database: move it away, or let DATABASE_URL name another file/,
    );
  });

  test('a data folder of another user, for the server and the command line', async () => {
    const place = newPlace();
    const folder = join(place.folder, '.sallyport');
    mkdirSync(folder, { mode: 0o755 });
    const isRoot = process.getuid?.() === 0;
    // Without root nobody can give a folder away: then the one that is refused is root's own.
    if (isRoot) chownSync(folder, 1, 1);
    const env = {
      SECURITY_JWT_SECRET_KEY: 'tRq8Vw2Zk5Nf7Xc1Lp9Hd4Js6Gm3Yb0Qa-uEoIx_Wz',
      DATA_DIR: isRoot ? folder : '/root',
    };
    for (const args of [['serve'], ['migrate']])
      expectOneLine(
        await place.run(args, { env: { ...env, PORT: String(await freePort()) } }),
        isRoot ? /belongs to user 1, but this is user 0: run the same command as its owner/ : /DATA_DIR/,
      );
  });

  test('a folder that may not be written', async () => {
    const place = newPlace();
    chmodSync(place.folder, 0o555);
    // Root passes every mode, so it is taken that right first.
    const mortal = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'];
    const { code, stderr } = await place.run(['serve'], process.getuid?.() === 0 ? { wrapper: mortal } : {});
    expect(code).toBe(1);
    expect(stderr).toMatch(/none can be kept in|cannot be written|Cannot (make|write)/);
    expect(stderr).toMatch(/DATA_DIR/);
    expect(stderr).not.toMatch(/\sat \S+:\d+/);
  });

  test('a disk that is full at the start', async () => {
    const env = { SECURITY_JWT_SECRET_KEY: 'tRq8Vw2Zk5Nf7Xc1Lp9Hd4Js6Gm3Yb0Qa-uEoIx_Wz' };
    // A file may grow to 8 KiB and no further: what a full disk says, but for the word.
    const wrapper = ['bash', '-c', 'ulimit -f 8; exec "$@"', '-'];
    expectOneLine(await newPlace(env).run(['serve'], { wrapper }), /sallyport\.db .*(disk|full)/);
  });

  test('a full disk under a command whose output is lost', async () => {
    const { code, stderr } = await newPlace().run(['openapi'], {
      wrapper: ['bash', '-c', '"$@" > /dev/full', '-'],
    });
    expect([code, stderr]).toEqual([1, 'sallyport: cannot write the output (ENOSPC): it is not complete\n']);
  });
});
