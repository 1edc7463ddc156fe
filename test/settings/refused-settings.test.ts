// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of .env files is under test
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/base/errors.js';
import { type Env, production, settingsFolder } from './settings-folder.js';

const { inside, load, problems, write } = settingsFolder();

describe('staging and production refuse, development warns', () => {
  const secretMend =
    'Mend: put the line that this prints in place of yours: node dist/bin/sallyport.js secret';
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
        `SECURITY_JWT_SECRET_KEY is not set. It signs every access token, so it must be your own. Mend: put the line that this prints into .env: node dist/bin/sallyport.js secret`,
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
    expect(existsSync(inside('.sallyport', 'development-secret'))).toBe(true);
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
      'SECRET_KEY has 5 characters; at least 32 are needed. Mend: put the line that this prints in place of yours: node dist/bin/sallyport.js secret',
    ]);
  });
});
