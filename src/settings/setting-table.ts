import { availableParallelism } from 'node:os';
import { databaseUrl } from './database-url.js';
import { environment } from './environment-parser.js';
import { allowedHost, contact, listenHost, origin, proxyRange, publicUrl } from './network-parsers.js';
import { boolean, choice, integer, line, list, only, path } from './parsers.js';
import { type Defaults, everywhere, none, setting } from './setting.js';
import { type Environment, type LogLevel, logLevels } from './settings.js';
import { dataDir, redisUrl } from './store-parsers.js';
import { tokenSettings } from './token-settings.js';

const developmentOnly: Defaults<boolean> = { development: true, staging: false, production: false };

/**
 * Every setting there is: name, aliases, parser, defaults by environment and words. Parsing, docs/settings.md,
 * .env.example and `sallyport settings` all follow from it.
 */
export const settingTable = {
  APP_NAME: setting({
    group: 'Application',
    parse: line(100),
    defaults: everywhere('Sallyport'),
    words: 'The name on the docs page and in the OpenAPI document.',
  }),
  DESCRIPTION: setting({
    group: 'Application',
    parse: line(1000),
    defaults: everywhere('A guarded entrance for your API'),
    words: 'The description in the OpenAPI document.',
  }),
  VERSION: setting({
    group: 'Application',
    parse: line(50),
    defaults: everywhere('0.1.0'),
    words: 'The version of your API in the OpenAPI document.',
  }),
  ENVIRONMENT: setting({
    group: 'Application',
    aliases: ['ENV'],
    parse: environment,
    defaults: none,
    otherwise: { development: 'when nothing is said', staging: 'must be set', production: 'must be set' },
    example: 'production',
    words:
      '`development`, `staging` or `production` (`dev`, `local`, `stage`, `prod` are understood). Must be said when `HOST` is not loopback or `NODE_ENV` is `production`.',
  }),
  DEBUG: setting({
    group: 'Application',
    parse: boolean,
    defaults: developmentOnly,
    words: 'Shows `/docs` and `/openapi.json` and lifts the request limits. Refused outside development.',
  }),
  LOG_LEVEL: setting({
    group: 'Application',
    parse: choice<LogLevel>(logLevels, { warning: 'warn', critical: 'fatal', notset: 'trace' }),
    defaults: everywhere<LogLevel>('info'),
    words: 'How much is logged: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.',
  }),
  HOST: setting({
    group: 'Listening',
    parse: listenHost,
    defaults: everywhere('127.0.0.1'),
    words: 'The address that the server listens on; `0.0.0.0` for all of the machine.',
  }),
  PORT: setting({
    group: 'Listening',
    parse: integer(0, 65535, 8000),
    defaults: everywhere(8000),
    words: 'The port that the server listens on; 0 takes a free one.',
  }),
  PUBLIC_URL: setting({
    group: 'Listening',
    parse: publicUrl,
    defaults: none,
    otherwise: 'from TLS, `HOST` and `PORT`',
    example: 'https://api.example.org',
    words: "What clients see: the base of links, the tokens' issuer and default audience.",
  }),
  DATA_DIR: setting({
    group: 'Data',
    parse: dataDir,
    defaults: none,
    otherwise: './.sallyport',
    example: './.sallyport',
    words: 'The folder of the embedded database and the development secret. Readable by its owner alone.',
  }),
  DATABASE_URL: setting({
    group: 'Data',
    secret: true,
    parse: databaseUrl,
    defaults: none,
    otherwise: '`sallyport.db` in `DATA_DIR`',
    example: 'sqlite:./.sallyport/sallyport.db',
    words:
      'SQLite (`sqlite:./x.db`) or PostgreSQL (`postgresql://user:password@host/db`); the spellings of SQLAlchemy are understood.',
  }),
  REDIS_URL: setting({
    group: 'Data',
    secret: true,
    parse: redisUrl,
    defaults: none,
    words: 'Not used yet: request limits count in each process.',
  }),
  ALLOWED_HOSTS: setting({
    group: 'Proxies and TLS',
    parse: list(allowedHost),
    defaults: { development: ['localhost', '127.0.0.1', '[::1]'], staging: undefined, production: undefined },
    otherwise: { development: undefined, staging: 'must be set', production: 'must be set' },
    words:
      'The host names that requests may ask for. `*.example.org` means its subdomains. Ports do not count.',
  }),
  TRUSTED_PROXIES: setting({
    group: 'Proxies and TLS',
    parse: list(proxyRange),
    defaults: everywhere<readonly string[]>([]),
    words:
      'Addresses or CIDR ranges of your proxies. Nobody else is believed an `X-Forwarded-For` or `-Proto`.',
  }),
  TLS_CERT_FILE: setting({
    group: 'Proxies and TLS',
    parse: path,
    defaults: none,
    words: 'The certificate chain in PEM form; goes with `TLS_KEY_FILE`.',
  }),
  TLS_KEY_FILE: setting({
    group: 'Proxies and TLS',
    parse: path,
    defaults: none,
    words: "The certificate's private key in PEM form.",
  }),
  ...tokenSettings,
  SECURITY_PASSWORD_MIN_LENGTH: setting({
    group: 'Passwords',
    parse: integer(1, 128, 8),
    defaults: everywhere(8),
    words: 'The fewest characters of a password.',
  }),
  SECURITY_PASSWORD_REQUIRE_UPPERCASE: setting({
    group: 'Passwords',
    parse: boolean,
    defaults: everywhere(true),
    words: 'A password needs a capital letter.',
  }),
  SECURITY_PASSWORD_REQUIRE_NUMBERS: setting({
    group: 'Passwords',
    parse: boolean,
    defaults: everywhere(true),
    words: 'A password needs a digit.',
  }),
  SECURITY_PASSWORD_REQUIRE_SYMBOLS: setting({
    group: 'Passwords',
    parse: boolean,
    defaults: everywhere(false),
    words: 'A password needs a character that is neither letter nor digit.',
  }),
  SECURITY_PASSWORD_HASH: setting({
    group: 'Passwords',
    parse: only('bcrypt', ['argon2id', 'argon2']),
    defaults: everywhere<'bcrypt'>('bcrypt'),
    words: 'How passwords are hashed: `bcrypt` alone for now.',
  }),
  SECURITY_BCRYPT_ROUNDS: setting({
    group: 'Passwords',
    parse: integer(4, 20, 12),
    defaults: everywhere(12),
    words: 'The cost of a hash; each step doubles it. Below 12 is refused outside development.',
  }),
  SECURITY_HASH_THREADS: setting({
    group: 'Passwords',
    parse: integer(1, 256, 2),
    defaults: none,
    otherwise: 'one a core',
    words: 'Worker threads that hash passwords; lower it where a container may use fewer cores than it sees.',
  }),
  SECURITY_RATE_LIMIT_REQUESTS: setting({
    group: 'Limits',
    parse: integer(1, 1_000_000_000, 100),
    defaults: everywhere(100),
    words: 'Requests per window and address, for who proves nobody.',
  }),
  SECURITY_RATE_LIMIT_WINDOW: setting({
    group: 'Limits',
    parse: integer(1, 86_400, 3600),
    defaults: everywhere(3600),
    words: 'The window of both limits, in seconds.',
  }),
  SECURITY_RATE_LIMIT_PRINCIPAL_REQUESTS: setting({
    group: 'Limits',
    parse: integer(1, 1_000_000_000, 5000),
    defaults: everywhere(5000),
    words: 'Requests per window of a signed-in account.',
  }),
  SECURITY_CORS_ORIGINS: setting({
    group: 'Browsers',
    aliases: ['ALLOWED_ORIGINS'],
    parse: list(origin),
    defaults: { development: ['http://localhost:3000'], staging: [], production: [] } as Defaults<
      readonly string[]
    >,
    words: 'The web origins whose pages may call the API: scheme, host and port, no slash at the end.',
  }),
  SECURITY_CORS_CREDENTIALS: setting({
    group: 'Browsers',
    parse: boolean,
    defaults: everywhere(true),
    words: 'Whether those pages may send credentials.',
  }),
  SECURITY_ENABLE_SECURITY_HEADERS: setting({
    group: 'Browsers',
    parse: boolean,
    defaults: everywhere(true),
    words: 'Whether every answer carries the security headers.',
  }),
  SECURITY_HSTS_MAX_AGE: setting({
    group: 'Browsers',
    parse: integer(0, 2_147_483_647, 31_536_000),
    defaults: everywhere(31_536_000),
    words: 'For how long browsers insist on https, in seconds. Sent on https alone.',
  }),
  SECURITY_REQUIRE_HTTPS: setting({
    group: 'Browsers',
    parse: boolean,
    defaults: { development: false, staging: false, production: true } as Defaults<boolean>,
    words: 'Refuses plain http, or redirects page visits.',
  }),
  SECURITY_SANITIZE_BIO: setting({
    group: 'Behaviour',
    parse: boolean,
    defaults: everywhere(true),
    words: 'Strips markup from the bio of an account.',
  }),
  SECURITY_CONTACT: setting({
    group: 'Behaviour',
    parse: list(contact),
    defaults: everywhere<readonly string[]>([]),
    example: 'mailto:security@example.org',
    words:
      'Whom to tell of a vulnerability: `mailto:`, `https:` or `tel:` addresses, the preferred one first. Makes `/.well-known/security.txt` (RFC 9116).',
  }),
  SECURITY_PROFILE: setting({
    group: 'Behaviour',
    parse: only('fastapi', ['asvs-l2', 'asvs-l3']),
    defaults: everywhere<'fastapi'>('fastapi'),
    words: 'A set of defaults: `fastapi` alone for now. Every setting still overrides it.',
  }),
} as const;

export type SettingName = keyof typeof settingTable;
export const settingNames = Object.keys(settingTable) as readonly SettingName[];

/** Every setting's value: what was given, else its environment's default, else undefined. */
export type Values = {
  readonly [Name in SettingName]:
    | ReturnType<(typeof settingTable)[Name]['parse']>
    | (typeof settingTable)[Name]['defaults'][Environment];
};

/** One hashing thread a core, as many as the process may use. */
export const defaultHashThreads = (): number => Math.max(1, availableParallelism());
