import { resolve } from 'node:path';
import { Secret } from '../base/secret.js';
import { isLoopback } from './network-parsers.js';
import type { Parse, Place } from './parsers.js';
import { Unfit } from './refusals.js';
import type { DatabaseSettings } from './settings.js';

const example = (name: string): string =>
  `${name}=sqlite:./.sallyport/sallyport.db or ${name}=postgresql://user:password@host:5432/database`;

/** Paths as SQLAlchemy spells them (three slashes relative, four absolute) and plain (`sqlite:./x.db`). */
function sqliteFile(rest: string, place: Place): string {
  const path = rest.replace(/[?#].*$/s, '');
  if (/^(?:\/\/\/?)?$|^(?:\/\/\/)?:memory:$/.test(path)) return ':memory:';
  if (/^\/\/[^/]/.test(path))
    throw new Unfit(
      'has two slashes after sqlite:, where a host would stand. A relative path has three, an absolute one four.',
      `${place.name}=sqlite:///./app.db`,
    );
  return resolve(place.cwd, path.replace(/^\/\/\//, ''));
}

/** asyncpg says `ssl=require` where libpq and pg say `sslmode=require`. */
function postgresUrl(rest: string, place: Place): Secret {
  const text = `postgresql:${rest}`;
  if (!/^\/\//.test(rest) || !URL.canParse(text))
    throw new Unfit(
      'is not a whole PostgreSQL address. Special characters in the password are percent-encoded (@ as %40, / as %2F, # as %23).',
      `${place.name}=postgresql://user:password@host:5432/database`,
    );
  const url = new URL(text);
  if (url.hash !== '')
    throw new Unfit(
      'holds a #, and what follows it would be lost. In a password it is written %23.',
      `${place.name}=postgresql://user:pass%23word@host:5432/database`,
    );
  const ssl = url.searchParams.get('ssl');
  if (ssl !== null && /^(?:disable|allow|prefer|require|verify-ca|verify-full)$/.test(ssl)) {
    url.searchParams.delete('ssl');
    url.searchParams.set('sslmode', ssl);
  }
  return new Secret(url.href);
}

/** DATABASE_URL in our spellings and SQLAlchemy's; the driver after the plus sign does not matter here. */
export const databaseUrl: Parse<DatabaseSettings> = (text, place) => {
  const [, scheme = '', rest = ''] = /^([a-z0-9]+)(?:\+[a-z0-9_]+)?:(.*)$/is.exec(text.trim()) ?? [];
  switch (scheme.toLowerCase()) {
    case 'sqlite':
      return { engine: 'sqlite', file: sqliteFile(rest, place) };
    case 'postgres':
    case 'postgresql':
      return { engine: 'postgres', url: postgresUrl(rest, place) };
    default:
      throw new Unfit(
        'names no database that Sallyport speaks: those are SQLite and PostgreSQL.',
        example(place.name),
      );
  }
};

const hostsOf = (url: URL): readonly string[] => {
  const hosts = url.searchParams.getAll('host');
  return hosts.length > 0 ? hosts : [decodeURIComponent(url.hostname)];
};

/** True when the database is this machine's: a file, a socket or a loopback address. */
export function isOnThisHost(database: DatabaseSettings): boolean {
  if (database.engine === 'sqlite') return true;
  return hostsOf(new URL(database.url.reveal())).every(
    (host) => host === '' || host.startsWith('/') || isLoopback(host),
  );
}

/** True when the connection cannot fall back to clear text. `prefer` and `allow` can; `no-verify` trusts anybody. */
export function demandsTls(database: DatabaseSettings): boolean {
  if (database.engine === 'sqlite') return true;
  const params = new URL(database.url.reveal()).searchParams;
  const modes = params.getAll('sslmode');
  const ssl = params.get('ssl');
  if (modes.length > 0) return modes.every((mode) => /^(?:require|verify-ca|verify-full)$/.test(mode));
  return ssl === 'true' || ssl === '1';
}

/** The address without user name's password and query, as `sallyport settings` shows it. */
export function databaseShown(database: DatabaseSettings): string {
  if (database.engine === 'sqlite') return `sqlite:${database.file}`;
  const url = new URL(database.url.reveal());
  const user = url.username === '' ? '' : `${url.username}${url.password === '' ? '' : ':[secret]'}@`;
  return `postgresql://${user}${url.host}${url.pathname}`;
}
