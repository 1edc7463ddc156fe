import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environmentOf, readEnvironment } from '../../src/settings/environment.js';

let cwd = '';
const write = (name: string, content: string | Buffer) => {
  writeFileSync(join(cwd, name), content);
};
const given = (
  name: string,
  env: Record<string, string | undefined> = {},
  overrides: Record<string, string> = {},
) => readEnvironment({ cwd, env, overrides }).layers.find(({ values }) => values.has(name));

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sallyport-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true });
});

describe('readEnvironment', () => {
  it('puts code above the process environment above .env.<environment> above .env', () => {
    write('.env', 'PORT=1');
    expect(given('PORT')?.source).toBe('.env');
    write('.env.development', 'PORT=2');
    expect(given('PORT')?.source).toBe('.env.development');
    expect(given('PORT', { PORT: '3' })?.source).toBe('environment');
    expect(given('PORT', { PORT: '3' }, { PORT: '4' })).toMatchObject({ source: 'code' });
  });

  it.each([
    [{ ENVIRONMENT: 'production' }, ''],
    [{ ENV: 'prod' }, ''],
    [{}, 'ENVIRONMENT=production'],
    [{}, 'env=Production'],
  ])('reads the file of the environment that %j or .env %j names', (env, text) => {
    write('.env', text);
    write('.env.production', 'PORT=2');
    write('.env.development', 'PORT=3');
    expect(given('PORT', env)?.source).toBe('.env.production');
  });

  it('does not tell capital letters from small ones, but refuses two spellings that differ', () => {
    write('.env', 'port=1');
    expect(given('PORT')?.values.get('PORT')).toBe('1');
    expect(given('PORT', { Port: '2' })?.values.get('PORT')).toBe('2');
    expect(readEnvironment({ cwd, env: { PORT: '1', port: '1' } }).findings).toEqual([]);
    expect(readEnvironment({ cwd, env: { PORT: '1', port: '2' } }).findings).toEqual([
      {
        name: 'PORT',
        problem: 'is given twice, as PORT and as port, with different values.',
        mend: 'unset port',
        level: 'always',
      },
    ]);
  });

  it('takes an empty value for none', () => {
    write('.env', 'PORT=1');
    expect(given('PORT', { PORT: '' })?.source).toBe('.env');
  });

  it('refuses an own file that says another environment', () => {
    write('.env.production', 'ENVIRONMENT=development');
    expect(readEnvironment({ cwd, env: { ENVIRONMENT: 'production' } }).findings).toMatchObject([
      { name: 'ENVIRONMENT', mend: 'ENVIRONMENT=production in .env.production', level: 'always' },
    ]);
    write('.env.production', 'ENVIRONMENT=prod');
    expect(readEnvironment({ cwd, env: { ENVIRONMENT: 'production' } }).findings).toEqual([]);
  });

  it('does without files, and takes a folder named .env (a Python virtual environment) for none', () => {
    mkdirSync(join(cwd, '.env'));
    expect(readEnvironment({ cwd, env: {} }).findings).toEqual([]);
    rmSync(join(cwd, '.env'), { recursive: true });
    write('.env', 'PORT=1');
    expect(readEnvironment({ cwd, env: {}, envFiles: false }).layers.map(({ source }) => source)).toEqual([
      'code',
      'environment',
    ]);
  });

  it.each([
    ['UTF-16', Buffer.from('\ufeffPORT=1', 'utf16le'), 'is not UTF-8 text (it may be UTF-16).'],
    ['Latin-1', Buffer.from('APP_NAME=caf\xe9', 'latin1'), 'is not UTF-8 text.'],
    ['1 MiB and more', Buffer.alloc(1_048_577, 'x'), 'is larger than 1 MiB.'],
  ])('refuses a file in %s', (_, content, problem) => {
    write('.env', content);
    expect(readEnvironment({ cwd, env: {} }).findings).toMatchObject([
      { name: '.env', problem, level: 'always' },
    ]);
  });

  it('refuses a line of ours that cannot be read, and warns of others, never showing their value', () => {
    write('.env', 'OTHER="geheim\nPORT=1\n');
    const names = { isKnown: (name: string) => name === 'SECRET_KEY', isSecret: () => false };
    const findings = () => readEnvironment({ cwd, env: {} }, names).findings;
    expect(findings()).toMatchObject([{ name: '.env', level: 'warning' }]);
    write('.env', 'A=1\nSECURITY_JWT_SECRET_KEY="geheim\nsecret_key=\'geheim');
    expect(findings().map(({ problem, level }) => `${level}: ${problem}`)).toEqual([
      'always: has a line 2 (SECURITY_JWT_SECRET_KEY) that cannot be read: a quote is not closed, or something follows it.',
      'always: has a line 3 (SECRET_KEY) that cannot be read: a quote is not closed, or something follows it.',
    ]);
    expect(JSON.stringify(findings())).not.toContain('geheim');
  });

  it('refuses a quote that swallows a control', () => {
    write('.env', 'NOTE="open\nSECURITY_REQUIRE_HTTPS=true\nOTHER="');
    expect(readEnvironment({ cwd, env: {} }).findings).toMatchObject([
      {
        problem: 'has SECURITY_REQUIRE_HTTPS inside the quotes of NOTE, where it sets nothing.',
        level: 'always',
      },
    ]);
  });

  it('knows the words for the environments', () => {
    expect(['dev', 'LOCAL', ' prod ', 'stage', 'staging'].map(environmentOf)).toEqual([
      'development',
      'development',
      'production',
      'staging',
      'staging',
    ]);
    expect(['test', 'constructor', ''].map(environmentOf)).toEqual([undefined, undefined, undefined]);
  });
});
