import { isIPv6 } from 'node:net';
import { join, resolve } from 'node:path';
import { Secret } from '../base/secret.js';
import { deepFreeze } from './deep-freeze.js';
import { defaultHashThreads, type Values } from './setting-table.js';
import type { Environment, Settings } from './settings.js';
import { withRealLineEnds } from './signing-key-rules.js';

/** Scheme, host and port of the listener, for when nobody said what clients see. */
export function derivedPublicUrl({ TLS_CERT_FILE: certificate, HOST: host, PORT: port }: Values): string {
  const scheme = certificate === undefined ? 'http' : 'https';
  return new URL(`${scheme}://${isIPv6(host) ? `[${host.replace(/%.*/, '')}]` : host}:${port}`).origin;
}

export const dataDirOf = ({ DATA_DIR: folder }: Values, cwd: string): string =>
  folder ?? resolve(cwd, '.sallyport');

function databaseOf(values: Values, cwd: string): Settings['database'] {
  return values.DATABASE_URL ?? { engine: 'sqlite', file: join(dataDirOf(values, cwd), 'sallyport.db') };
}

function tlsOf({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile }: Values): Settings['tls'] {
  return certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
}

function jwtOf(values: Values, secret: string): Settings['jwt'] {
  const algorithm = values.SECURITY_JWT_ALGORITHM;
  return {
    secretKey: new Secret(algorithm === 'HS256' ? secret : withRealLineEnds(secret)),
    algorithm,
    expireMinutes: values.SECURITY_JWT_EXPIRE_MINUTES,
    refreshExpireDays: values.SECURITY_JWT_REFRESH_EXPIRE_DAYS,
    refreshGraceSeconds: values.SECURITY_JWT_REFRESH_GRACE_SECONDS,
  };
}

const passwordOf = (values: Values): Settings['password'] => ({
  minLength: values.SECURITY_PASSWORD_MIN_LENGTH,
  requireUppercase: values.SECURITY_PASSWORD_REQUIRE_UPPERCASE,
  requireNumbers: values.SECURITY_PASSWORD_REQUIRE_NUMBERS,
  requireSymbols: values.SECURITY_PASSWORD_REQUIRE_SYMBOLS,
  bcryptRounds: values.SECURITY_BCRYPT_ROUNDS,
  hashThreads: values.SECURITY_HASH_THREADS ?? defaultHashThreads(),
});

/** Makes the frozen settings of values that were judged; what nobody gave follows from what was. */
export function assembleSettings(
  values: Values,
  environment: Environment,
  cwd: string,
  secret: string,
): Settings {
  return deepFreeze({
    appName: values.APP_NAME,
    description: values.DESCRIPTION,
    version: values.VERSION,
    environment,
    debug: values.DEBUG,
    host: values.HOST,
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    publicUrl: values.PUBLIC_URL ?? derivedPublicUrl(values),
    dataDir: dataDirOf(values, cwd),
    database: databaseOf(values, cwd),
    allowedHosts: values.ALLOWED_HOSTS ?? [],
    trustedProxies: values.TRUSTED_PROXIES,
    tls: tlsOf(values),
    jwt: jwtOf(values, secret),
    sessions: {
      most: values.SECURITY_MAX_SESSIONS,
      idleMinutes: values.SECURITY_SESSION_IDLE_MINUTES,
    },
    password: passwordOf(values),
    rateLimit: {
      requests: values.SECURITY_RATE_LIMIT_REQUESTS,
      window: values.SECURITY_RATE_LIMIT_WINDOW,
      principalRequests: values.SECURITY_RATE_LIMIT_PRINCIPAL_REQUESTS,
    },
    cors: { origins: values.SECURITY_CORS_ORIGINS, credentials: values.SECURITY_CORS_CREDENTIALS },
    securityHeaders: {
      enabled: values.SECURITY_ENABLE_SECURITY_HEADERS,
      hstsMaxAge: values.SECURITY_HSTS_MAX_AGE,
    },
    requireHttps: values.SECURITY_REQUIRE_HTTPS,
    sanitizeBio: values.SECURITY_SANITIZE_BIO,
    contacts: values.SECURITY_CONTACT,
    profile: values.SECURITY_PROFILE,
  });
}
