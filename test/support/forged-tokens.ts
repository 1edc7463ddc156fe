import { createHmac } from 'node:crypto';

/** A genuine access token, taken apart. */
export interface TakenApart {
  readonly token: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signature: string;
  /** Header and payload as they were signed. */
  readonly signed: string;
}

const decode = (part: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

export function takeApart(token: string): TakenApart {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return {
    token,
    header: decode(header),
    claims: decode(payload),
    signature,
    signed: `${header}.${payload}`,
  };
}

type Part = object | string;

/** Text goes in as it is: JSON.stringify could not write `1e400`, nor one name twice. */
const encode = (part: Part): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

export const signingInput = (header: Part, claims: Part): string => `${encode(header)}.${encode(claims)}`;

/** Signs by HMAC: with the server's own secret, to try what a signature alone must not open, or with a guess at one. */
export function forgeHmac(
  header: Part,
  claims: Part,
  secret: string | Buffer,
  digest: 'sha256' | 'sha384' | 'sha512' = 'sha256',
): string {
  const input = signingInput(header, claims);
  return `${input}.${createHmac(digest, secret).update(input).digest('base64url')}`;
}
