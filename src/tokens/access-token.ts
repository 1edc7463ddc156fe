import type { Clock } from '../base/clock.js';
import { uuidv7 } from '../base/random.js';
import { isUuid } from '../base/uuid.js';
import type { JsonObject } from './json-object.js';
import { createCompactJws } from './jws.js';
import type { SigningKey } from './signing-keys.js';

/** What an access token proves. Role and is_active are not in it: they come from the database, every time. */
export interface AccessClaims {
  /** The immutable id of the account (RFC 9068 §2.2, ASVS 10.3.3). */
  readonly sub: string;
  /** The session, whose row says whether the token still lives. */
  readonly sid: string;
  readonly clientId: string;
  readonly jti: string;
  /** NumericDate: seconds. */
  readonly exp: number;
}

interface AccessTokenOptions {
  readonly key: SigningKey;
  readonly issuer: string;
  readonly audience: string;
  readonly expireMinutes: number;
  readonly clock: Clock;
}

interface Grant {
  readonly accountId: string;
  readonly sessionId: string;
  readonly clientId: string;
  /** Whole seconds in place of the usual life; the session's end cuts it all the same. */
  readonly expiresIn?: number;
  /** Milliseconds: the absolute end of the session, which no token of it outlives (ASVS 7.3.2). */
  readonly expiresAt: number;
}

/** `expiresIn`: whole seconds, as sent in the token response. */
export interface IssuedAccessToken {
  readonly accessToken: string;
  readonly expiresIn: number;
}

export interface AccessTokens {
  issue(grant: Grant): IssuedAccessToken;
  /** Undefined for everything that is not a valid access token of ours, now. Never throws. */
  verify(token: unknown): AccessClaims | undefined;
}

/** JWT access tokens (RFC 9068): `typ: at+jwt`, self-contained, 30 minutes unless set otherwise. */
export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { key, issuer, audience, clock } = options;
  const jws = createCompactJws(key, 'at+jwt');
  const lifetime = Math.floor(options.expireMinutes * 60);
  return {
    issue({ accountId, sessionId, clientId, expiresAt, expiresIn = lifetime }) {
      const iat = Math.floor(clock.now() / 1000);
      const exp = Math.max(iat, Math.min(iat + expiresIn, Math.floor(expiresAt / 1000)));
      const claims = { iss: issuer, aud: audience, sub: accountId, sid: sessionId };
      const accessToken = jws.sign({ ...claims, client_id: clientId, jti: uuidv7(clock), iat, exp });
      return { accessToken, expiresIn: exp - iat };
    },
    verify(token) {
      const payload = jws.verify(token);
      return payload && judgeClaims(payload, issuer, audience, clock.now());
    },
  };
}

/**
 * Every claim of RFC 9068 §2.2 must be there and of its type; no leeway (ASVS 9.2.1). `exp` is exclusive (RFC 7519
 * §4.1.4). An `iat` in the future is not refused: it is information, `exp` bounds the token, and refusing it would lock
 * everybody out after the clock was set back. For the same reason we write no `nbf`, but obey one that is there.
 */
function judgeClaims(
  claims: JsonObject,
  issuer: string,
  audience: string,
  now: number,
): AccessClaims | undefined {
  const { exp, iat, nbf, sub, sid, jti, client_id: clientId } = claims;
  if (claims.iss !== issuer || !isFor(claims.aud, audience)) return undefined;
  if (!isNumericDate(exp) || !isNumericDate(iat) || exp * 1000 <= now || iat > exp) return undefined;
  if (nbf !== undefined && !(isNumericDate(nbf) && nbf * 1000 <= now)) return undefined;
  if (!isUuid(sub) || !isUuid(sid)) return undefined;
  if (typeof jti !== 'string' || jti === '' || typeof clientId !== 'string' || clientId === '')
    return undefined;
  return { sub, sid, clientId, jti, exp };
}

/** JSON knows no NaN, but `1e400` reads as Infinity. */
const isNumericDate = (value: unknown): value is number => Number.isFinite(value);

function isFor(aud: unknown, audience: string): boolean {
  if (typeof aud === 'string') return aud === audience;
  return Array.isArray(aud) && aud.every((one) => typeof one === 'string') && aud.includes(audience);
}
