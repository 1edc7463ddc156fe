import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { demandsTls, isOnThisHost } from './database-url.js';
import { fileFailure } from './file-problems.js';
import { isLoopback } from './network-parsers.js';
import type { Finding } from './refusals.js';
import type { Values } from './setting-table.js';
import type { Environment } from './settings.js';
import { secretCommand, signingKeyFindings, withRealLineEnds } from './signing-key-rules.js';

/** What the rules judge: the values, and what decides how strict they are. */
export interface Judged {
  readonly values: Values;
  readonly environment: Environment;
  /** False when nothing says which environment this is. */
  readonly environmentIsSaid: boolean;
  readonly nodeEnv: string | undefined;
  readonly publicUrl: string;
}

type Rule = (judged: Judged) => Finding | readonly Finding[] | undefined;

const environmentUnsaid: Rule = ({ values, environmentIsSaid, nodeEnv }) => {
  if (environmentIsSaid) return undefined;
  const reason = !isLoopback(values.HOST)
    ? `HOST is ${values.HOST}, which others can reach`
    : nodeEnv === 'production'
      ? 'NODE_ENV is production'
      : undefined;
  if (reason === undefined) return undefined;
  const problem = `is not set, but ${reason}. Development's defaults are not for that.`;
  return { name: 'ENVIRONMENT', problem, mend: 'ENVIRONMENT=production', level: 'always' };
};

const secretMissing: Rule = ({ values, environment }) =>
  values.SECURITY_JWT_SECRET_KEY === undefined && environment !== 'development'
    ? {
        name: 'SECURITY_JWT_SECRET_KEY',
        problem: 'is not set. It signs every access token, so it must be your own.',
        mend: `put the line that this prints into .env: ${secretCommand}`,
        level: 'strict',
      }
    : undefined;

const signingKey: Rule = ({ values }) => {
  const secret = values.SECURITY_JWT_SECRET_KEY;
  const algorithm = values.SECURITY_JWT_ALGORITHM;
  const slow: readonly Finding[] =
    algorithm === 'RS256'
      ? [
          {
            name: 'SECURITY_JWT_ALGORITHM',
            problem: 'is RS256, whose padding (PKCS #1 v1.5) is kept for old partners only.',
            mend: 'SECURITY_JWT_ALGORITHM=PS256 (the same key) or ES256',
            level: 'warning',
          },
        ]
      : [];
  if (secret === undefined) return slow;
  const text = algorithm === 'HS256' ? secret : withRealLineEnds(secret);
  return [...slow, ...signingKeyFindings(text, algorithm)];
};

const debug: Rule = ({ values, environment }) =>
  values.DEBUG && environment !== 'development'
    ? {
        name: 'DEBUG',
        problem: `is on in ${environment}: it shows the docs page and lifts the request limits.`,
        mend: 'DEBUG=false',
        level: 'strict',
      }
    : undefined;

const originWildcard: Rule = ({ values }) =>
  values.SECURITY_CORS_ORIGINS.includes('*') && values.SECURITY_CORS_CREDENTIALS
    ? {
        name: 'SECURITY_CORS_ORIGINS',
        problem: 'is * with credentials: any web page could act for a signed-in visitor.',
        mend: 'SECURITY_CORS_ORIGINS=https://app.example.org (your pages), or SECURITY_CORS_CREDENTIALS=false',
        level: 'strict',
      }
    : undefined;

const isLoopbackUrl = (url: string): boolean => isLoopback(new URL(url).hostname);

const plainOrigins: Rule = ({ values, environment }) => {
  const plain = values.SECURITY_CORS_ORIGINS.filter(
    (origin) => origin.startsWith('http:') && !(environment === 'development' && isLoopbackUrl(origin)),
  );
  if (plain.length === 0) return undefined;
  const rest = values.SECURITY_CORS_ORIGINS.map((origin) => origin.replace(/^http:/, 'https:'));
  return {
    name: 'SECURITY_CORS_ORIGINS',
    problem: `holds ${plain.join(', ')}: what comes by http can be changed on its way.`,
    mend: `SECURITY_CORS_ORIGINS=${[...new Set(rest)].join(',')}`,
    level: 'strict',
  };
};

const hosts: Rule = ({ values }) => {
  const allowed = values.ALLOWED_HOSTS ?? [];
  const mend = 'ALLOWED_HOSTS=api.example.org (the names that clients ask for)';
  if (allowed.length === 0)
    return {
      name: 'ALLOWED_HOSTS',
      problem: 'is not set: without it every forged Host header is believed.',
      mend,
      level: 'strict',
    };
  if (!allowed.includes('*')) return undefined;
  const problem = 'is *: a forged Host header would then stand in links and caches.';
  return { name: 'ALLOWED_HOSTS', problem, mend, level: 'strict' };
};

const database: Rule = ({ values }) => {
  const chosen = values.DATABASE_URL;
  if (chosen === undefined) return undefined;
  if (chosen.engine === 'sqlite' && chosen.file === ':memory:')
    return {
      name: 'DATABASE_URL',
      problem: 'keeps everything in memory: every account is gone when the server stops.',
      mend: 'DATABASE_URL=sqlite:./.sallyport/sallyport.db',
      level: 'warning',
    };
  if (isOnThisHost(chosen) || demandsTls(chosen)) return undefined;
  return {
    name: 'DATABASE_URL',
    problem: 'leads to another machine without TLS: accounts and password hashes would travel in clear.',
    mend: 'end DATABASE_URL with ?sslmode=verify-full',
    level: 'strict',
  };
};

const rounds: Rule = ({ values }) =>
  values.SECURITY_BCRYPT_ROUNDS < 12
    ? {
        name: 'SECURITY_BCRYPT_ROUNDS',
        problem: `is ${values.SECURITY_BCRYPT_ROUNDS}: stolen hashes would be guessed too fast.`,
        mend: 'SECURITY_BCRYPT_ROUNDS=12',
        level: 'strict',
      }
    : undefined;

const shortPasswords: Rule = ({ values }) =>
  values.SECURITY_PASSWORD_MIN_LENGTH < 8
    ? {
        name: 'SECURITY_PASSWORD_MIN_LENGTH',
        problem: `is ${values.SECURITY_PASSWORD_MIN_LENGTH}; NIST SP 800-63B and ASVS 6.2.1 ask for 8 at least.`,
        mend: 'SECURITY_PASSWORD_MIN_LENGTH=8',
        level: 'warning',
      }
    : undefined;

function readTlsFile(name: string, file: string): Buffer | Finding {
  try {
    return readFileSync(file);
  } catch (error) {
    const problem = `names ${file}, which cannot be read: ${fileFailure(error)}.`;
    return { name, problem, mend: `${name}=/path/to/a/readable/file.pem`, level: 'always' };
  }
}

const tls: Rule = ({ values: { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } }) => {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    const [name, other] =
      cert === undefined ? ['TLS_CERT_FILE', 'TLS_KEY_FILE'] : ['TLS_KEY_FILE', 'TLS_CERT_FILE'];
    const problem = `is not set, but ${other} is; TLS needs both.`;
    return { name, problem, mend: `${name}=/path/to/its.pem`, level: 'always' };
  }
  const files = [readTlsFile('TLS_CERT_FILE', cert), readTlsFile('TLS_KEY_FILE', key)];
  const failed = files.filter((file): file is Finding => !Buffer.isBuffer(file));
  if (failed.length > 0) return failed;
  try {
    const [certificate, privateKey] = files.filter((file) => Buffer.isBuffer(file));
    createSecureContext({ cert: certificate, key: privateKey });
    return undefined;
  } catch {
    const problem =
      'is not the private key, in PEM form and without passphrase, of the certificate in TLS_CERT_FILE.';
    const mend = 'TLS_CERT_FILE=… and TLS_KEY_FILE=… of one pair';
    return { name: 'TLS_KEY_FILE', problem, mend, level: 'always' };
  }
};

const plainPublicUrl: Rule = ({ publicUrl, environment }) =>
  environment === 'production' && publicUrl.startsWith('http:')
    ? {
        name: 'PUBLIC_URL',
        problem: `is ${publicUrl}, by http: links and the tokens' issuer say so to every client.`,
        mend: 'PUBLIC_URL=https://api.example.org',
        level: 'warning',
      }
    : undefined;

const httpsUnreachable: Rule = ({ values, environment }) =>
  environment === 'production' &&
  values.SECURITY_REQUIRE_HTTPS &&
  values.TLS_CERT_FILE === undefined &&
  values.TRUSTED_PROXIES.length === 0
    ? {
        name: 'SECURITY_REQUIRE_HTTPS',
        problem: 'is on, but there is neither a certificate nor a trusted proxy: no request can pass.',
        mend: 'TRUSTED_PROXIES=10.0.0.5 (your proxy), or TLS_CERT_FILE=… and TLS_KEY_FILE=…',
        level: 'warning',
      }
    : undefined;

const shortIdling: Rule = ({ values: { SECURITY_SESSION_IDLE_MINUTES: minutes } }) =>
  minutes === 0 || minutes >= 5
    ? undefined
    : {
        name: 'SECURITY_SESSION_IDLE_MINUTES',
        problem: `is ${minutes}; it is kept to the minute when a session was last seen, so less than 5 ends busy ones.`,
        mend: 'SECURITY_SESSION_IDLE_MINUTES=5, or 0 for none',
        level: 'always',
      };

const redis: Rule = ({ values }) =>
  values.REDIS_URL === undefined
    ? undefined
    : {
        name: 'REDIS_URL',
        problem: 'is given, but Redis is not used yet: request limits count in each process.',
        mend: 'nothing to do; the sign-in limits are in the database and hold over all processes',
        level: 'warning',
      };

const rules: readonly Rule[] = [
  environmentUnsaid,
  secretMissing,
  signingKey,
  debug,
  originWildcard,
  plainOrigins,
  hosts,
  database,
  rounds,
  shortPasswords,
  tls,
  plainPublicUrl,
  httpsUnreachable,
  shortIdling,
  redis,
];

/** What the settings together say wrong, in the order of docs/settings.md. */
export const bootFindings = (judged: Judged): readonly Finding[] =>
  rules.flatMap((rule) => rule(judged) ?? []);
