import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrations } from '../../dist/store/migrations/list.js';
import { Workplace } from '../support/command.js';
import { password } from '../support/wire.js';

const place = new Workplace();
beforeAll(() => place.run(['migrate']));
afterAll(() => place.leave());

const refused = async (args: readonly string[], input = '') => {
  const { code, stdout, stderr } = await place.run(args, { input });
  expect(stderr).not.toMatch(/\n\s+at |node:internal|undefined/);
  return { code, stdout, stderr };
};
const create = (name: string, ...more: string[]) =>
  place.run(
    ['users', 'create', '--email', `${name}@example.org`, '--username', name, '--password-stdin', ...more],
    { input: `${password}\n` },
  );
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await place.run([...args, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
};

describe('users', () => {
  test('create makes an admin, as words and as JSON', async () => {
    const made = await create('alice', '--role', 'admin');
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(made.stdout).toMatch(/^made admin alice <alice@example\.org> \([0-9a-f-]{36}\)\n$/);
    const carol = await create('carol', '--full-name', 'Carol Éclair', '--json');
    expect(JSON.parse(carol.stdout)).toMatchObject({ username: 'carol', role: 'user', is_active: true });
    expect(carol.stdout).not.toMatch(/password/);
  });

  test.each([
    ['a short password', ['bob@example.org', 'bob'], 'Ab1', /^sallyport: password: .*8 characters/],
    ['a common password', ['bob@example.org', 'bob'], 'Password1', /^sallyport: password: .*common/i],
    ['no password', ['bob@example.org', 'bob'], '', /^sallyport: password: /],
    ['a taken e-mail', ['ALICE@example.org', 'bob'], password, /^sallyport: Email already registered\n$/],
    ['a taken username', ['bob@example.org', 'Alice'], password, /^sallyport: Username already taken\n$/],
    ['a bad e-mail', ['nonsense', 'bob'], password, /^sallyport: email: value is not a valid email address/],
    ['a bad username', ['bob@example.org', 'b o b'], password, /^sallyport: username: /],
    [
      'a short username',
      ['bob@example.org', 'b'],
      password,
      /^sallyport: username: String should have at least 3 characters\n$/,
    ],
  ])('create refuses %s in one clear line', async (_, [email = '', username = ''], given, words) => {
    const args = ['users', 'create', '--email', email, '--username', username, '--password-stdin'];
    const { code, stdout, stderr } = await refused(args, given);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/Value error/);
  });

  test('a password that is no UTF-8 is not taken for another one', async () => {
    const args = ['users', 'create', '--email', 'l1@example.org', '--username', 'l1x', '--password-stdin'];
    const { code, stderr } = await place.run(args, { input: Buffer.from('Wonderl\xe9nd-1865', 'latin1') });
    expect([code, stderr]).toEqual([
      1,
      'sallyport: the password on standard input is not UTF-8; nothing was changed\n',
    ]);
  });

  test('without a terminal and without --password-stdin it says what to do', async () => {
    const { code, stderr } = await refused([
      'users',
      'create',
      '--email',
      'x@example.org',
      '--username',
      'xyz',
    ]);
    expect([code, stderr]).toEqual([
      1,
      'sallyport: no terminal to ask for the password: pipe it in and say --password-stdin\n',
    ]);
  });

  test('list shows everybody, searches and gives JSON', async () => {
    const { stdout } = await place.run(['users', 'list']);
    expect(stdout.split('\n')[0]).toMatch(/^USERNAME\s+EMAIL\s+ROLE\s+ACTIVE\s+ID$/);
    expect(stdout).toMatch(/^alice\s+alice@example\.org\s+admin\s+yes\s/m);
    expect(await json('users', 'list', '--search', 'eclair')).toMatchObject([{ username: 'carol' }]);
    expect(await json('users', 'list', '--search', '%%')).toEqual([]);
    const short = await refused(['users', 'list', '--search', 'x']);
    expect(short.code).toBe(1);
    expect(short.stderr).toMatch(/^sallyport: search: .*2 characters/);
  });

  test('a reader that goes away is no error', async () => {
    const { code, stderr } = await place.run(['users', 'list'], {
      wrapper: ['bash', '-c', 'set -o pipefail; "$@" | true', '-'],
    });
    expect([code, stderr]).toEqual([0, '']);
  });

  test('set-role takes a role of the application that is said to be one', async () => {
    const { stdout } = await place.run(['users', 'set-role', 'carol', 'editor', '--own']);
    expect(stdout).toBe('carol <carol@example.org> is editor, active\n');
  });

  test('set-role, disable, enable', async () => {
    const { stdout } = await place.run(['users', 'set-role', 'CAROL@example.org', 'moderator']);
    expect(stdout).toBe('carol <carol@example.org> is moderator, active\n');
    expect(await json('users', 'disable', 'carol')).toMatchObject({ role: 'moderator', is_active: false });
    expect(await json('users', 'enable', 'Carol')).toMatchObject({ is_active: true });
  });

  test.each([
    [['set-role', 'nobody', 'user'], 1, /^sallyport: nobody has the e-mail or username "nobody"\n$/],
    [['disable', 'n\u001b[31m'], 1, /^sallyport: nobody has the e-mail or username "n\\u001b\[31m"\n$/],
    [['disable', 'alice'], 1, /^sallyport: The last admin cannot be removed, demoted or disabled\n$/],
    [['set-role', 'alice', 'user'], 1, /^sallyport: The last admin cannot be/],
    [
      ['set-role', 'alice', 'king'],
      2,
      /^sallyport: there is no role "king"\. Roles: admin, moderator, user\. .* say --own\n$/,
    ],
    [['set-role', 'alice', 'King', '--own'], 2, /^sallyport: "King" is no name for a role/],
    [['set-role', 'alice'], 2, /missing required argument 'role'/],
    [['create', '--email', 'x@example.org'], 2, /required option '--username <username>' not specified/],
    [['list', '--jsonn'], 2, /unknown option '--jsonn'/],
  ])('%j ends with %i and says why', async (args, expected, words) => {
    const { code, stdout, stderr } = await refused(['users', ...args]);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(words);
  });
});

describe('the others', () => {
  test('settings hides secrets, as a table and as JSON', async () => {
    const env = {
      SECURITY_JWT_SECRET_KEY: 'tRq8Vw2Zk5Nf7Xc1Lp9Hd4Js6Gm3Yb0Qa-uEoIx_Wz',
      DATABASE_URL: 'postgresql://app:s3cretPart@127.0.0.1/x',
    };
    for (const args of [['settings'], ['settings', '--json']]) {
      const { code, stdout, stderr } = await place.run(args, { env });
      expect(code).toBe(0);
      expect(stdout + stderr).not.toMatch(/tRq8Vw2Z|s3cretPart/);
      expect(stdout).toMatch(/SECURITY_BCRYPT_ROUNDS/);
    }
    const { settings } = await json('settings');
    expect(settings).toContainEqual({ name: 'SECURITY_BCRYPT_ROUNDS', value: '4', source: 'environment' });
  });

  test('secret prints a line that a production start takes', async () => {
    const { stdout } = await place.run(['secret']);
    expect(stdout).toMatch(/^SECURITY_JWT_SECRET_KEY=[\w-]{43}\n$/);
    const [, key = ''] = stdout.trim().split('=');
    const env = {
      ENVIRONMENT: 'production',
      SECURITY_BCRYPT_ROUNDS: '12',
      SECURITY_JWT_SECRET_KEY: key,
      ALLOWED_HOSTS: 'api.example.org',
      SECURITY_CORS_ORIGINS: 'https://example.org',
    };
    const { code, stderr } = await place.run(['settings'], { env });
    expect(stderr).not.toMatch(/needs? a change/);
    expect(code).toBe(0);
  });

  test('openapi is the document that the server gives, and touches no database', async () => {
    const elsewhere = new Workplace();
    try {
      const env = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' };
      const { code, stdout } = await elsewhere.run(['openapi'], { env });
      expect(code).toBe(0);
      expect(readdirSync(elsewhere.folder)).not.toContain('sallyport.db');
      const server = await elsewhere.serve();
      const served = await server.call('GET', '/openapi.json');
      const printed = await elsewhere.run(['openapi'], { env: { PORT: new URL(server.url).port } });
      // The page calls the origin it was loaded from; the printed one names PUBLIC_URL.
      const servers = [{ url: server.url }];
      expect(JSON.parse(printed.stdout)).toEqual({ ...served.json, servers });
      expect(Object.keys(JSON.parse(stdout).paths)).toEqual(Object.keys(served.json.paths));
    } finally {
      await elsewhere.leave();
    }
  });

  test('a command in a folder without an installation makes none, and says where to go', async () => {
    const elsewhere = new Workplace();
    try {
      for (const args of [
        ['users', 'list'],
        ['users', 'set-role', 'alice', 'admin'],
      ]) {
        const { code, stdout, stderr } = await elsewhere.run(args);
        expect([code, stdout]).toEqual([1, '']);
        expect(stderr).toMatch(
          /^sallyport: there is no database at .*sallyport\.db: call this in the folder of your installation/,
        );
        expect(readdirSync(join(elsewhere.folder, '.sallyport'))).not.toContain('sallyport.db');
      }
    } finally {
      await elsewhere.leave();
    }
  });

  test('migrate, the second time there is nothing to do', async () => {
    const elsewhere = new Workplace();
    try {
      expect((await elsewhere.run(['migrate'])).stdout).toBe(
        migrations.map(({ name }) => `migrated: ${name}\n`).join(''),
      );
      expect((await elsewhere.run(['migrate'])).stdout).toBe('nothing to migrate\n');
      expect(JSON.parse((await elsewhere.run(['migrate', '--json'])).stdout)).toEqual({ migrated: [] });
    } finally {
      await elsewhere.leave();
    }
  });

  test('--help and --version are no error; an unknown command or option and none at all end with 2', async () => {
    const help = await place.run(['--help']);
    expect(help.code).toBe(0);
    for (const word of ['serve', 'users', 'settings', 'migrate', 'openapi', 'secret'])
      expect(help.stdout).toMatch(new RegExp(`^  ${word}`, 'm'));
    expect((await place.run(['users', 'create', '--help'])).stdout).toMatch(/--password-stdin/);
    expect((await place.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const unknown = await refused(['serv']);
    expect([unknown.code, unknown.stdout]).toEqual([2, '']);
    expect(unknown.stderr).toMatch(/unknown command 'serv'[\s\S]*--help says how/);
    expect((await refused(['migrate', '--fast'])).code).toBe(2);
    expect((await refused([])).code).toBe(2);
    expect((await refused(['__proto__'])).code).toBe(2);
  });
});
