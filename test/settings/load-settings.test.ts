// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of .env files is under test
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { testJwtSecret as strong, testSettings } from '../../src/testing/test-settings.js';
import { production, settingsFolder } from './settings-folder.js';

const { inside, load, problems, write } = settingsFolder();

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
      dataDir: inside('.sallyport'),
      database: { engine: 'sqlite', file: inside('.sallyport', 'sallyport.db') },
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
    expect(existsSync(inside('.sallyport'))).toBe(false);
  });

  it('place the database in DATA_DIR, and derive PUBLIC_URL from the listener', async () => {
    const { settings } = await load({
      ...production,
      DATA_DIR: './data',
      PUBLIC_URL: '',
      HOST: '::1',
      PORT: '9',
    });
    expect(settings.database).toEqual({ engine: 'sqlite', file: inside('data', 'sallyport.db') });
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
