import type { Secret } from '../base/secret.js';

export const environments = ['development', 'staging', 'production'] as const;
export type Environment = (typeof environments)[number];

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export const jwtAlgorithms = ['HS256', 'ES256', 'EdDSA', 'PS256', 'RS256'] as const;
export type JwtAlgorithm = (typeof jwtAlgorithms)[number];

/** Where the accounts lie. `file` may be `:memory:` in tests. */
export type DatabaseSettings =
  | { readonly engine: 'sqlite'; readonly file: string }
  | { readonly engine: 'postgres'; readonly url: Secret };

/** What the whole server obeys: read once at start, checked together, then frozen (docs/settings.md). */
export interface Settings {
  readonly appName: string;
  readonly description: string;
  readonly version: string;
  readonly environment: Environment;
  readonly debug: boolean;
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  /** The tokens' issuer and default audience, and the base of links. Without a trailing slash. */
  readonly publicUrl: string;
  /** Absolute path. */
  readonly dataDir: string;
  readonly database: DatabaseSettings;
  readonly allowedHosts: readonly string[];
  /** CIDR ranges or single addresses whose X-Forwarded-For and -Proto are believed. */
  readonly trustedProxies: readonly string[];
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly jwt: {
    /** The UTF-8 text of an HS256 secret, or a PEM private key. */
    readonly secretKey: Secret;
    readonly algorithm: JwtAlgorithm;
    readonly expireMinutes: number;
    readonly refreshExpireDays: number;
    readonly refreshGraceSeconds: number;
  };
  readonly sessions: {
    readonly most: number;
    /** 0: sessions do not end by idling. */
    readonly idleMinutes: number;
  };
  readonly password: {
    readonly minLength: number;
    readonly requireUppercase: boolean;
    readonly requireNumbers: boolean;
    readonly requireSymbols: boolean;
    readonly bcryptRounds: number;
    /** Worker threads that hash. */
    readonly hashThreads: number;
  };
  readonly rateLimit: {
    readonly requests: number;
    /** Seconds. */
    readonly window: number;
    readonly principalRequests: number;
  };
  readonly cors: { readonly origins: readonly string[]; readonly credentials: boolean };
  readonly securityHeaders: { readonly enabled: boolean; readonly hstsMaxAge: number };
  readonly requireHttps: boolean;
  readonly sanitizeBio: boolean;
  /** URIs for security.txt (RFC 9116 §2.5.3). Empty: there is none. */
  readonly contacts: readonly string[];
  readonly profile: 'fastapi';
}
