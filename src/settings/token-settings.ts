import { choice, integer } from './parsers.js';
import { everywhere, none, setting } from './setting.js';
import { type JwtAlgorithm, jwtAlgorithms } from './settings.js';

/** The key, how long tokens live, and how many sessions an account has. */
export const tokenSettings = {
  SECURITY_JWT_SECRET_KEY: setting({
    group: 'Tokens',
    aliases: ['SECRET_KEY'],
    secret: true,
    parse: (text) => text,
    defaults: none,
    otherwise: {
      development: 'made once, kept in `DATA_DIR`',
      staging: 'must be set',
      production: 'must be set',
    },
    words:
      'Signs the access tokens: at least 32 random characters for HS256, else a private key in PEM form.',
  }),
  SECURITY_JWT_ALGORITHM: setting({
    group: 'Tokens',
    aliases: ['ALGORITHM'],
    parse: choice<JwtAlgorithm>(jwtAlgorithms, { ed25519: 'EdDSA' }),
    defaults: everywhere<JwtAlgorithm>('HS256'),
    words: '`HS256`, `ES256`, `EdDSA` (or `Ed25519`), `PS256`, or `RS256` with a warning.',
  }),
  SECURITY_JWT_EXPIRE_MINUTES: setting({
    group: 'Tokens',
    aliases: ['ACCESS_TOKEN_EXPIRE_MINUTES'],
    parse: integer(1, 525_600, 30),
    defaults: everywhere(30),
    words: 'How long an access token lives, in minutes.',
  }),
  SECURITY_JWT_REFRESH_EXPIRE_DAYS: setting({
    group: 'Tokens',
    parse: integer(1, 3650, 7),
    defaults: everywhere(7),
    words: 'How long a session lives without signing in again, in days.',
  }),
  SECURITY_JWT_REFRESH_GRACE_SECONDS: setting({
    group: 'Tokens',
    parse: integer(0, 300, 10),
    defaults: everywhere(10),
    words: 'How long a used refresh token gives the same successor again (two tabs at once); 0 is strict.',
  }),
  SECURITY_MAX_SESSIONS: setting({
    group: 'Tokens',
    parse: integer(1, 1000, 10),
    defaults: everywhere(10),
    words: 'How many sessions an account has at most; one more sign-in ends the oldest.',
  }),
  SECURITY_SESSION_IDLE_MINUTES: setting({
    group: 'Tokens',
    parse: integer(0, 525_600, 1440),
    defaults: everywhere(0),
    words:
      'After how many minutes without a request a session ends, at least 5; 0: only when its days are over.',
  }),
} as const;
