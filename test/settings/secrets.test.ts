// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of .env files is under test
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SettingsRefused } from '../../src/settings/refusals.js';
import { testJwtSecret as strong } from '../../src/testing/test-settings.js';
import { production, settingsFolder } from './settings-folder.js';

const { load, problems, write } = settingsFolder();

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
        'SECRET_KEY_FILE has 5 characters; at least 32 are needed. Mend: put the line that this prints in place of yours: node dist/bin/sallyport.js secret',
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
