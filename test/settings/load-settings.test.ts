// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of .env files is under test
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/base/errors.js';
import { type LoadOptions, loadSettings } from '../../src/settings/load-settings.js';
import { SettingsRefused } from '../../src/settings/refusals.js';
import { testJwtSecret as strong, testSettings } from '../../src/testing/test-settings.js';

type Env = Record<string, string>;
let cwd = '';
const load = (env: Env, options: LoadOptions = {}) => loadSettings({ cwd, env, ...options });
const write = (name: string, text: string) => {
  writeFileSync(join(cwd, name), text);
};

async function problems(env: Env, options: LoadOptions = {}): Promise<readonly string[]> {
  try {
    await load(env, options);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsRefused)) throw error;
    for (const { name, problem, mend } of error.problems)
      expect(error.message).toContain(`  ${name} ${problem}\n    Mend: ${mend}\n`);
    return error.problems.map(({ name, problem, mend }) => `${name} ${problem} Mend: ${mend}`);
  }
}

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sallyport-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true });
});

/** Settings of production in which nothing is wrong. */
const production: Env = {
  ENVIRONMENT: 'production',
  SECURITY_JWT_SECRET_KEY: strong,
  ALLOWED_HOSTS: 'api.example.org',
  PUBLIC_URL: 'https://api.example.org',
  TRUSTED_PROXIES: '10.0.0.5',
};

describe('the defaults', () => {
  it("are the seed's in development, with a secret that is made once", async () => {
    const { settings, warnings } = await load({});
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({
      environment: 'development',
      debug: true,
      host: '127.0.0.1',
      port: 8000,
      publicUrl: 'http://127.0.0.1:8000',
      dataDir: join(cwd, '.sallyport'),
      database: { engine: 'sqlite', file: join(cwd, '.sallyport', 'sallyport.db') },
      allowedHosts: ['localhost', '127.0.0.1', '[::1]'],
      trustedProxies: [],
      tls: undefined,
      jwt: { algorithm: 'HS256', expireMinutes: 30, refreshExpireDays: 7, refreshGraceSeconds: 10 },
      password: {
        minLength: 8,
        requireUppercase: true,
        requireNumbers: true,
        requireSymbols: false,
        bcryptRounds: 12,
      },
      rateLimit: { requests: 100, window: 3600, principalRequests: 5000 },
      cors: { origins: ['http://localhost:3000'], credentials: true },
      securityHeaders: { enabled: true, hstsMaxAge: 31_536_000 },
      requireHttps: false,
      sanitizeBio: true,
      profile: 'fastapi',
    });
    expect((await load({})).settings.jwt.secretKey.reveal()).toBe(settings.jwt.secretKey.reveal());
  });

  it('are strict in production, which warns of nothing when all is well and writes nothing', async () => {
    const { settings, warnings } = await load(production);
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({ debug: false, requireHttps: true, cors: { origins: [] } });
    expect(existsSync(join(cwd, '.sallyport'))).toBe(false);
  });

  it('place the database in DATA_DIR, and derive PUBLIC_URL from the listener', async () => {
    const { settings } = await load({
      ...production,
      DATA_DIR: './data',
      PUBLIC_URL: '',
      HOST: '::1',
      PORT: '9',
    });
    expect(settings.database).toEqual({ engine: 'sqlite', file: join(cwd, 'data', 'sallyport.db') });
    expect(settings.publicUrl).toBe('http://[::1]:9');
    expect(settings.host).toBe('::1');
  });
});

describe("a FastAPI project's own .env", () => {
  it('works as it is', async () => {
    write(
      '.env',
      [
        '# FastAPI',
        'PROJECT_NAME="My API"',
        'export ENVIRONMENT=local',
        'POSTGRES_USER=app',
        "POSTGRES_PASSWORD='p%23ss'",
        'DATABASE_URL=postgresql+asyncpg://${POSTGRES_USER}:${POSTGRES_PASSWORD}@localhost:5432/app',
        `SECRET_KEY="${strong}"`,
        'ALGORITHM = HS256',
        'ACCESS_TOKEN_EXPIRE_MINUTES=11520  # 8 days',
        'ALLOWED_ORIGINS=["http://localhost:5173","https://app.example.org"]',
        'debug=True',
        'LOG_LEVEL=WARNING',
        'FIRST_SUPERUSER=admin@example.org',
      ].join('\r\n'),
    );
    const { settings, sources, warnings } = await load({});
    expect(warnings).toEqual([]);
    expect(settings.jwt.secretKey.reveal()).toBe(strong);
    expect(settings).toMatchObject({
      environment: 'development',
      debug: true,
      logLevel: 'warn',
      jwt: { algorithm: 'HS256', expireMinutes: 11_520 },
      cors: { origins: ['http://localhost:5173', 'https://app.example.org'] },
    });
    const { database } = settings;
    expect(database.engine === 'postgres' && database.url.reveal()).toBe(
      'postgresql://app:p%23ss@localhost:5432/app',
    );
    expect(sources.find(({ name }) => name === 'SECURITY_JWT_SECRET_KEY')).toEqual({
      name: 'SECURITY_JWT_SECRET_KEY',
      value: '[secret]',
      source: '.env',
    });
  });

  it('refuses an alias and its main name that differ, over all places, and takes them when they agree', async () => {
    write('.env', 'ACCESS_TOKEN_EXPIRE_MINUTES=15');
    expect(await problems({ SECURITY_JWT_EXPIRE_MINUTES: '30' })).toEqual([
      'SECURITY_JWT_EXPIRE_MINUTES is given by two names with different values: SECURITY_JWT_EXPIRE_MINUTES (environment) and ACCESS_TOKEN_EXPIRE_MINUTES (.env). Mend: keep SECURITY_JWT_EXPIRE_MINUTES alone',
    ]);
    expect((await load({ SECURITY_JWT_EXPIRE_MINUTES: '15' })).settings.jwt.expireMinutes).toBe(15);
    expect((await load({ access_token_expire_minutes: '20' })).settings.jwt.expireMinutes).toBe(20);
  });

  it.each([
    ['ENV', 'ENVIRONMENT', 'staging', 'production'],
    ['SECRET_KEY', 'SECURITY_JWT_SECRET_KEY', `${strong}1`, `${strong}2`],
    ['ALGORITHM', 'SECURITY_JWT_ALGORITHM', 'HS256', 'ES256'],
    ['ALLOWED_ORIGINS', 'SECURITY_CORS_ORIGINS', 'https://a.org', 'https://b.org'],
  ])('%s is an alias of %s', async (alias, main, one, other) => {
    const [problem] = await problems({ ...production, [main]: other, [alias]: one });
    expect(problem).toContain('is given by two names with different values');
    expect(problem).not.toContain(strong);
  });
});

describe('staging and production refuse, development warns', () => {
  const secretMend = 'Mend: SECURITY_JWT_SECRET_KEY=… (a fresh one by: npx sallyport secret)';
  it.each<[string, Env, string]>([
    [
      'a short secret',
      { SECURITY_JWT_SECRET_KEY: 'short' },
      `SECURITY_JWT_SECRET_KEY has 5 characters; at least 32 are needed. ${secretMend}`,
    ],
    [
      "the seed's secret",
      { SECURITY_JWT_SECRET_KEY: 'super-secret-jwt-key-12345-and-then-some' },
      `SECURITY_JWT_SECRET_KEY holds a sample that everybody knows, such as your-secret-key or changeme. ${secretMend}`,
    ],
    [
      'a secret of one letter',
      { SECURITY_JWT_SECRET_KEY: 'a'.repeat(64) },
      `SECURITY_JWT_SECRET_KEY has too few different characters to be random. ${secretMend}`,
    ],
    [
      '* with credentials',
      { SECURITY_CORS_ORIGINS: '*' },
      'SECURITY_CORS_ORIGINS is * with credentials: any web page could act for a signed-in visitor. Mend: SECURITY_CORS_ORIGINS=https://app.example.org (your pages), or SECURITY_CORS_CREDENTIALS=false',
    ],
    [
      'http origins',
      { SECURITY_CORS_ORIGINS: 'http://a.org,https://b.org' },
      'SECURITY_CORS_ORIGINS holds http://a.org: what comes by http can be changed on its way. Mend: SECURITY_CORS_ORIGINS=https://a.org,https://b.org',
    ],
    [
      '* in ALLOWED_HOSTS',
      { ALLOWED_HOSTS: 'a.org,*' },
      'ALLOWED_HOSTS is *: a forged Host header would then stand in links and caches. Mend: ALLOWED_HOSTS=api.example.org (the names that clients ask for)',
    ],
    [
      'a far database without TLS',
      { DATABASE_URL: 'postgres://u:geheim@db.example/x?sslmode=prefer' },
      'DATABASE_URL leads to another machine without TLS: accounts and password hashes would travel in clear. Mend: end DATABASE_URL with ?sslmode=verify-full',
    ],
    [
      'cheap hashes',
      { SECURITY_BCRYPT_ROUNDS: '11' },
      'SECURITY_BCRYPT_ROUNDS is 11: stolen hashes would be guessed too fast. Mend: SECURITY_BCRYPT_ROUNDS=12',
    ],
  ])('%s', async (_, env, line) => {
    expect(await problems({ ...production, ...env })).toEqual([line]);
    expect(await problems({ ...production, ...env, ENVIRONMENT: 'staging' })).toEqual([line]);
    const { warnings } = await load({ ...production, ...env, ENVIRONMENT: 'development' });
    expect(warnings).toEqual([line]);
  });

  it('DEBUG, no secret and no ALLOWED_HOSTS, which development has by itself', async () => {
    for (const ENVIRONMENT of ['staging', 'production'])
      expect(await problems({ ENVIRONMENT, DEBUG: 'true' })).toEqual([
        `SECURITY_JWT_SECRET_KEY is not set. It signs every access token, so it must be your own. ${secretMend}`,
        `DEBUG is on in ${ENVIRONMENT}: it shows the docs page and lifts the request limits. Mend: DEBUG=false`,
        'ALLOWED_HOSTS is not set: without it every forged Host header is believed. Mend: ALLOWED_HOSTS=api.example.org (the names that clients ask for)',
      ]);
    expect((await load({ DEBUG: 'true' })).warnings).toEqual([]);
  });

  it('loopback http origins in production too', async () => {
    expect((await problems({ ...production, SECURITY_CORS_ORIGINS: 'http://localhost:3000' }))[0]).toContain(
      'holds http://localhost:3000',
    );
  });

  it('not * without credentials', async () => {
    const env = { ...production, SECURITY_CORS_ORIGINS: '*', SECURITY_CORS_CREDENTIALS: 'no' };
    expect((await load(env)).settings.cors).toEqual({ origins: ['*'], credentials: false });
  });

  it('never read the secret of development', async () => {
    await load({});
    expect(existsSync(join(cwd, '.sallyport', 'development-secret'))).toBe(true);
    expect(await problems({ ...production, SECURITY_JWT_SECRET_KEY: '' })).toHaveLength(1);
  });
});

describe('every environment refuses', () => {
  it.each<[Env, string]>([
    [
      { HOST: '0.0.0.0' },
      "ENVIRONMENT is not set, but HOST is 0.0.0.0, which others can reach. Development's defaults are not for that. Mend: ENVIRONMENT=production",
    ],
    [
      { NODE_ENV: 'production' },
      "ENVIRONMENT is not set, but NODE_ENV is production. Development's defaults are not for that. Mend: ENVIRONMENT=production",
    ],
    [
      { ENVIRONMENT: 'test' },
      'ENVIRONMENT is "test"; it takes development, staging or production. Mend: ENVIRONMENT=production (or development on your own machine)',
    ],
    [
      { SECURITY_PROFILE: 'asvs-l2' },
      'SECURITY_PROFILE is asvs-l2, which is planned but does not work yet: fastapi is the one value for now. Mend: SECURITY_PROFILE=fastapi',
    ],
    [
      { SECURITY_PROFILE: 'asvs-l3' },
      'SECURITY_PROFILE is asvs-l3, which is planned but does not work yet: fastapi is the one value for now. Mend: SECURITY_PROFILE=fastapi',
    ],
    [
      { SECURITY_PASSWORD_HASH: 'argon2id' },
      'SECURITY_PASSWORD_HASH is argon2id, which is planned but does not work yet: bcrypt is the one value for now. Mend: SECURITY_PASSWORD_HASH=bcrypt',
    ],
    [
      { SECURITY_BCRYPT_ROUNDS: '3' },
      'SECURITY_BCRYPT_ROUNDS is 3; it goes from 4 to 20. Mend: SECURITY_BCRYPT_ROUNDS=12',
    ],
    [
      { SECURITY_JWT_ALGORITHM: 'none' },
      'SECURITY_JWT_ALGORITHM is "none"; it takes HS256, ES256, EdDSA, PS256 or RS256. Mend: SECURITY_JWT_ALGORITHM=HS256',
    ],
    [
      { TRUSTED_PROXIES: '0.0.0.0/0' },
      'TRUSTED_PROXIES holds "0.0.0.0/0": strangers in so wide a range could write X-Forwarded-For and take any address. Mend: TRUSTED_PROXIES=10.0.0.5 (your proxy\'s address, or its range as 10.0.0.0/24)',
    ],
    [
      { SECURITY_CORS_ORIGINS: 'https://a.org/,https://b.org/x' },
      'SECURITY_CORS_ORIGINS holds "https://a.org/"; a browser sends its origin without the slash at the end; holds "https://b.org/x"; an origin is scheme, host and port, without a path. Mend: SECURITY_CORS_ORIGINS=https://a.org,https://b.org',
    ],
    [
      { DATA_DIR: '.' },
      'DATA_DIR is the working folder or one above it; the data folder is closed to everybody else and to git. Mend: DATA_DIR=./.sallyport',
    ],
    [
      { REDIS_URL: 'localhost' },
      'REDIS_URL is not the address of a Redis or Valkey server. Mend: REDIS_URL=redis://localhost:6379/0',
    ],
    [
      { TLS_CERT_FILE: '/x.pem' },
      'TLS_KEY_FILE is not set, but TLS_CERT_FILE is; TLS needs both. Mend: TLS_KEY_FILE=/path/to/its.pem',
    ],
    [
      { TLS_CERT_FILE: '/absent.pem', TLS_KEY_FILE: '/dev/null' },
      'TLS_CERT_FILE names /absent.pem, which cannot be read: there is no such file. Mend: TLS_CERT_FILE=/path/to/a/readable/file.pem',
    ],
  ])('%j', async (env, line) => {
    expect(await problems(env)).toEqual([line]);
  });

  it('HOST with ENVIRONMENT said is fine', async () => {
    expect((await load({ HOST: '0.0.0.0', ENVIRONMENT: 'development' })).settings.host).toBe('0.0.0.0');
    expect((await load({ NODE_ENV: 'production', ENV: 'dev' })).settings.environment).toBe('development');
  });

  it('a certificate and a key that are no pair', async () => {
    write('x.pem', 'nonsense');
    expect((await problems({ TLS_CERT_FILE: 'x.pem', TLS_KEY_FILE: 'x.pem' }))[0]).toContain(
      'TLS_KEY_FILE is not the private key, in PEM form and without passphrase, of the certificate',
    );
  });

  it('all problems at once, those behind a misspelt ENVIRONMENT as well', async () => {
    const lines = await problems({
      ENVIRONMENT: 'prodution',
      PORT: 'x',
      DEBUG: 'yes',
      HOST: 'a:b',
      SECRET_KEY: 'short',
    });
    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      'ENVIRONMENT',
      'HOST',
      'PORT',
      'SECRET_KEY',
      'DEBUG',
      'ALLOWED_HOSTS',
    ]);
    const refused = await load({ PORT: 'x', DEBUG: 'x' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConfigurationError);
    expect(refused).toMatchObject({ code: 'ERR_SETTING_REFUSED' });
    expect(String(refused)).toContain('Sallyport did not start. 2 settings need a change:');
  });

  it('speaks of a setting by the name it was given by', async () => {
    expect(await problems({ ...production, SECURITY_JWT_SECRET_KEY: '', SECRET_KEY: 'short' })).toEqual([
      'SECRET_KEY has 5 characters; at least 32 are needed. Mend: SECRET_KEY=… (a fresh one by: npx sallyport secret)',
    ]);
  });
});

describe('warnings', () => {
  it.each<[Env, string]>([
    [{ PUBLIC_URL: 'http://api.example.org' }, 'PUBLIC_URL is http://api.example.org, by http'],
    [
      { TRUSTED_PROXIES: '' },
      'SECURITY_REQUIRE_HTTPS is on, but there is neither a certificate nor a trusted proxy: no request can pass.',
    ],
    [
      { REDIS_URL: 'redis://:geheim@r/0' },
      'REDIS_URL is given, but Redis is not used yet: request limits count in each process.',
    ],
    [{ DATABASE_URL: 'sqlite::memory:' }, 'DATABASE_URL keeps everything in memory'],
    [{ SECURITY_PASSWORD_MIN_LENGTH: '6' }, 'SECURITY_PASSWORD_MIN_LENGTH is 6; NIST SP 800-63B'],
  ])('of production: %j', async (env, start) => {
    const { warnings } = await load({ ...production, ...env });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(start);
    expect(warnings[0]).toContain(' Mend: ');
    expect(warnings[0]).not.toContain('geheim');
  });

  it('of RS256, in development too', async () => {
    const { warnings } = await load({ ALGORITHM: 'RS256' });
    expect(warnings).toEqual([
      'ALGORITHM is RS256, whose padding (PKCS #1 v1.5) is kept for old partners only. Mend: ALGORITHM=PS256 (the same key) or ES256',
    ]);
  });
});

describe('unknown SECURITY_ names', () => {
  const line = (source: string) =>
    `SECURITY_BCRYPT_ROUND (${source}) is no setting of Sallyport. The nearest is SECURITY_BCRYPT_ROUNDS. Mend: SECURITY_BCRYPT_ROUNDS=…, or take SECURITY_BCRYPT_ROUND away`;

  it('are refused from .env and .env.<environment>, however far from a known one', async () => {
    write('.env', 'SECURITY_BCRYPT_ROUND=12');
    expect(await problems({})).toEqual([line('.env')]);
    write('.env', '');
    write('.env.development', 'security_bcrypt_round=12\nSECURITY_SERVICE_HOST=x\nOTHER=1');
    expect(await problems({})).toEqual([
      line('.env.development'),
      expect.stringContaining('SECURITY_SERVICE_HOST (.env.development) is no setting of Sallyport.'),
    ]);
  });

  it('are refused from the process environment within two letters, else warned of', async () => {
    expect(await problems({ SECURITY_BCRYPT_ROUND: '12' })).toEqual([line('environment')]);
    expect(await problems({ SECURITY_BCRYPT_ROUN: '12' })).toHaveLength(1);
    for (const name of ['SECURITY_BCRYPT_ROU', 'SECURITY_SERVICE_HOST', 'SECURITY_PORT_8000_TCP']) {
      const { warnings } = await load({ [name]: '12' });
      expect(warnings).toEqual([
        expect.stringContaining(`${name} (environment) is no setting of Sallyport.`),
      ]);
    }
  });

  it('are refused from code, with or without the prefix', async () => {
    expect(await problems({}, { overrides: { SECURITY_X: '1', PROT: '1' } })).toHaveLength(2);
    expect((await load({ PORT: '1' }, { overrides: { PORT: '2' } })).settings.port).toBe(2);
  });

  it('hide nothing that is known: NAME_FILE of secrets alone', async () => {
    write('.env', 'SECURITY_JWT_SECRET_KEY_FILE=secret\nSECURITY_JWT_ALGORITHM_FILE=x');
    write('secret', strong);
    expect(await problems({})).toEqual([
      expect.stringContaining('SECURITY_JWT_ALGORITHM_FILE (.env) is no setting'),
    ]);
  });
});

describe('secrets', () => {
  it('come from a file, under the main name or an alias', async () => {
    write('secret', `${strong}\n`);
    for (const name of ['SECURITY_JWT_SECRET_KEY_FILE', 'SECRET_KEY_FILE']) {
      const { settings, sources } = await load({ [name]: './secret' });
      expect(settings.jwt.secretKey.reveal()).toBe(strong);
      expect(sources.find((row) => row.name === 'SECURITY_JWT_SECRET_KEY')?.source).toBe('file ./secret');
    }
    write('url', 'postgres://u:geheim@localhost/d');
    expect((await load({ DATABASE_URL_FILE: 'url' })).settings.database.engine).toBe('postgres');
  });

  it('are refused in both forms at once, even when they agree', async () => {
    write('secret', strong);
    write('.env', `SECRET_KEY=${strong}`);
    expect(await problems({ SECURITY_JWT_SECRET_KEY_FILE: 'secret' })).toEqual([
      'SECURITY_JWT_SECRET_KEY is given twice: SECRET_KEY (.env) and SECURITY_JWT_SECRET_KEY_FILE (environment). Mend: keep one of them, best SECURITY_JWT_SECRET_KEY_FILE',
    ]);
  });

  it('are refused with the mend for the file they came from', async () => {
    write('secret', 'short');
    expect(await problems({ ...production, SECURITY_JWT_SECRET_KEY: '', SECRET_KEY_FILE: 'secret' })).toEqual(
      [
        'SECRET_KEY_FILE has 5 characters; at least 32 are needed. Mend: SECRET_KEY_FILE=… (a fresh one by: npx sallyport secret)',
      ],
    );
    const lines = await problems({ ...production, SECURITY_JWT_SECRET_KEY: '', SECRET_KEY_FILE: 'absent' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('which cannot be read: there is no such file.');
  });

  it('come from a vault, asked only for what is open', async () => {
    const asked: string[] = [];
    const secret = async (name: string) => {
      asked.push(name);
      return name === 'SECURITY_JWT_SECRET_KEY' ? strong : undefined;
    };
    const { SECURITY_JWT_SECRET_KEY: _, ...rest } = production;
    const { settings, sources } = await load({ ...rest, DATABASE_URL: 'sqlite:x.db' }, { secret });
    expect(settings.jwt.secretKey.reveal()).toBe(strong);
    expect(asked).toEqual(['REDIS_URL', 'SECURITY_JWT_SECRET_KEY']);
    expect(sources.find(({ name }) => name === 'SECURITY_JWT_SECRET_KEY')?.source).toBe('vault');
  });

  it('of a vault are judged as all others, and its failure stops the start without its words', async () => {
    const { SECURITY_JWT_SECRET_KEY: _, ...rest } = production;
    expect(await problems(rest, { secret: async () => 'short' })).toHaveLength(3);
    const secret = async (name: string) => {
      if (name === 'SECURITY_JWT_SECRET_KEY') throw new RangeError('token geheim');
      return undefined;
    };
    expect(await problems(rest, { secret })).toEqual([
      'SECURITY_JWT_SECRET_KEY could not be asked of the vault: it failed with RangeError. Mend: let the vault answer, or set SECURITY_JWT_SECRET_KEY',
    ]);
  });

  it('get real line ends when they are PEM', async () => {
    const { settings } = await load({ ALGORITHM: 'EdDSA' });
    const pem = settings.jwt.secretKey.reveal();
    const env = { ALGORITHM: 'ed25519', SECRET_KEY: pem.replaceAll('\n', '\\n') };
    expect((await load(env)).settings.jwt).toMatchObject({ algorithm: 'EdDSA' });
    expect((await load(env)).settings.jwt.secretKey.reveal()).toBe(pem);
    write('.env', `SECRET_KEY="${pem}"`);
    expect((await load({ ALGORITHM: 'EdDSA' })).settings.jwt.secretKey.reveal()).toBe(pem);
    expect((await problems({ ALGORITHM: 'HS256' }))[0]).toContain(
      'holds a key (PEM or the like) while the algorithm is HS256',
    );
  });

  it('never print: not settings, rows, warnings or refusals', async () => {
    const secrets = {
      SECRET_KEY: 'GEHEIM',
      DATABASE_URL: 'postgres://u:GEHEIM@db/x',
      REDIS_URL: 'redis://:GEHEIM@r',
    };
    const loaded = await load(secrets);
    expect(loaded.warnings.length).toBeGreaterThan(0);
    expect(inspect(loaded, { depth: 10, showHidden: true }) + JSON.stringify(loaded)).not.toContain('GEHEIM');
    const refused = await load({ ...secrets, ENVIRONMENT: 'production' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SettingsRefused);
    expect(inspect(refused, { depth: 10 }) + JSON.stringify(refused)).not.toContain('GEHEIM');
  });
});

describe('the result', () => {
  it('is frozen to its leaves', async () => {
    const settings = await testSettings();
    const check = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      expect(Object.isFrozen(value)).toBe(true);
      Object.values(value).forEach(check);
    };
    check(settings);
    expect(() => Object.assign(settings.jwt, { expireMinutes: 1 })).toThrow(TypeError);
    expect(() => Object.assign(settings.cors.origins, ['*'])).toThrow(TypeError);
  });

  it('tells the source of every setting', async () => {
    write('.env', 'PORT=1');
    write('.env.development', 'APP_NAME=x');
    const { sources } = await load({ LOG_LEVEL: 'info' });
    const source = (name: string) => sources.find((row) => row.name === name)?.source;
    expect(['PORT', 'APP_NAME', 'LOG_LEVEL', 'DEBUG', 'HOST', 'SECURITY_JWT_SECRET_KEY'].map(source)).toEqual(
      ['.env', '.env.development', 'environment', 'development default', 'default', 'development default'],
    );
    expect(sources.find(({ name }) => name === 'ALLOWED_HOSTS')?.value).toBe('localhost,127.0.0.1,[::1]');
  });

  it('of testSettings reads no file and no process environment', async () => {
    const settings = await testSettings({ PORT: '0' });
    expect(settings).toMatchObject({
      port: 0,
      database: { file: ':memory:' },
      password: { bcryptRounds: 4 },
    });
  });
});
