import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { databaseShown, databaseUrl, demandsTls, isOnThisHost } from '../../src/settings/database-url.js';
import { Unfit } from '../../src/settings/refusals.js';

const parse = (text: string) => databaseUrl(text, { name: 'DATABASE_URL', cwd: '/project' });
const url = (text: string) => {
  const database = parse(text);
  return database.engine === 'postgres' ? database.url.reveal() : '';
};

describe('DATABASE_URL of SQLite', () => {
  it.each([
    ['sqlite:./.sallyport/sallyport.db', '/project/.sallyport/sallyport.db'],
    ['sqlite:x.db', '/project/x.db'],
    ['sqlite:/abs/x.db', '/abs/x.db'],
    ['sqlite:///x.db', '/project/x.db'],
    ['sqlite:///./x.db', '/project/x.db'],
    ['sqlite:////abs/x.db', '/abs/x.db'],
    ['sqlite+aiosqlite:///x.db', '/project/x.db'],
    ['SQLITE+PYSQLITE:///x.db?check_same_thread=False', '/project/x.db'],
  ])('reads %j', (text, file) => {
    expect(parse(text)).toEqual({ engine: 'sqlite', file: resolve(file) });
  });
  it.each(['sqlite::memory:', 'sqlite://', 'sqlite:///:memory:', 'sqlite+aiosqlite:///:memory:'])(
    'reads %j as memory',
    (text) => {
      expect(parse(text)).toEqual({ engine: 'sqlite', file: ':memory:' });
    },
  );
  it('refuses two slashes and mends them', () => {
    expect(() => parse('sqlite://x.db')).toThrow('has two slashes after sqlite:');
  });
});

describe('DATABASE_URL of PostgreSQL', () => {
  it.each([
    ['postgresql://u:p@h/d', 'postgresql://u:p@h/d'],
    ['postgres://u:p@h:5433/d', 'postgresql://u:p@h:5433/d'],
    ['postgresql+asyncpg://u:p@h/d?ssl=require', 'postgresql://u:p@h/d?sslmode=require'],
    ['postgresql+psycopg2://u:p%23@h/d', 'postgresql://u:p%23@h/d'],
    ['postgresql:///d?host=/var/run/postgresql', 'postgresql:///d?host=%2Fvar%2Frun%2Fpostgresql'],
  ])('reads %j', (text, expected) => {
    expect(decodeURIComponent(url(text))).toBe(decodeURIComponent(expected));
  });
  it.each(['postgresql://u:ge#heim@h/d', 'postgresql://u:geheim@h:port/d', 'postgresql:h'])(
    'refuses %j without telling it',
    (text) => {
      expect(() => parse(text)).toThrow(Unfit);
      expect(() => parse(text)).not.toThrow(/heim/);
    },
  );
  it.each(['mysql://root:geheim@h/d', 'mongodb+srv://x', 'x.db', 'file:x.db', ''])('refuses %j', (text) => {
    expect(() => parse(text)).toThrow(
      'names no database that Sallyport speaks: those are SQLite and PostgreSQL.',
    );
  });
  it('never shows the password', () => {
    expect(databaseShown(parse('postgres://u:geheim@h:1/d?password=geheim'))).toBe(
      'postgresql://u:[secret]@h:1/d',
    );
    expect(JSON.stringify(parse('postgres://u:geheim@h/d'))).not.toContain('geheim');
  });
});

describe('a database on another machine', () => {
  it.each([
    'postgres://h/d?host=/run',
    'postgres://localhost/d',
    'postgres://127.0.0.1/d',
    'postgres://[::1]/d',
    'postgres:///d',
    'postgres://%2Frun/d',
    'sqlite:x',
  ])('is not what %j names', (text) => {
    expect(isOnThisHost(parse(text))).toBe(true);
  });
  it.each([
    'postgres://db/d',
    'postgres://localhost.evil.org/d',
    'postgres://localhost/d?host=db',
    'postgres://h/d?host=/run&host=db',
  ])('is what %j names', (text) => {
    expect(isOnThisHost(parse(text))).toBe(false);
  });
  it.each(['require', 'verify-ca', 'verify-full'])('has TLS by sslmode=%s', (mode) => {
    expect(demandsTls(parse(`postgres://h/d?sslmode=${mode}`))).toBe(true);
    expect(demandsTls(parse(`postgresql+asyncpg://h/d?ssl=${mode}`))).toBe(true);
  });
  it.each([
    '',
    '?sslmode=disable',
    '?sslmode=prefer',
    '?sslmode=allow',
    '?sslmode=no-verify',
    '?sslmode=require&sslmode=disable',
    '?ssl=0',
    '?ssl=prefer',
    '?ssl=true&sslmode=disable',
  ])('has no TLS by %j', (query) => {
    expect(demandsTls(parse(`postgres://h/d${query}`))).toBe(false);
  });
});
