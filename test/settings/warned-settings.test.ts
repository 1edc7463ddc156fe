// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of .env files is under test
import { describe, expect, it } from 'vitest';
import { testJwtSecret as strong } from '../../src/testing/test-settings.js';
import { type Env, production, settingsFolder } from './settings-folder.js';

const { load, problems, write } = settingsFolder();

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

describe('a slip of the pen', () => {
  it.each([
    ['ENVIROMENT', 'ENVIRONMENT'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['ALOWED_HOSTS', 'ALLOWED_HOSTS'],
  ])('%s is told of, in a file and in the process environment', async (written, meant) => {
    const words = `is no setting of Sallyport, and ${meant} is one. Mend: ${meant}=…, if that was meant`;
    expect((await load({ [written]: 'x' })).warnings).toContainEqual(`${written} (environment) ${words}`);
    write('.env', `${written}=x\n`);
    expect((await load({})).warnings).toContainEqual(`${written} (.env) ${words}`);
  });

  it('is not seen in names that only resemble short settings', async () => {
    expect((await load({ POST: '1', GHOST: 'x', DEBUGGER: 'x', DATABASE: 'x' })).warnings).toEqual([]);
  });
});
