import { generateKeyPairSync } from 'node:crypto';
import type { Clock } from '../../src/base/clock.js';
import { Secret } from '../../src/base/secret.js';
import type { JwtAlgorithm } from '../../src/settings/settings.js';
import { loadSigningKey, type SigningKey } from '../../src/tokens/signing-keys.js';

export interface SetClock extends Clock {
  time: number;
}

export function clockAt(time: number): SetClock {
  const clock = { time, now: () => clock.time };
  return clock;
}

export const hs256Secret = 'Hq7#vT2z-Lw9!mX4c_Rk8@pB5nYd3$Gf6';

const pem = (pair: { privateKey: { export(options: object): string | Buffer } }) =>
  pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** One key text for each algorithm, made once a test file. */
export const keyTexts: Readonly<Record<JwtAlgorithm, string>> = {
  HS256: hs256Secret,
  ES256: pem(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  EdDSA: pem(generateKeyPairSync('ed25519')),
  PS256: pem(generateKeyPairSync('rsa', { modulusLength: 2048 })),
  RS256: pem(generateKeyPairSync('rsa', { modulusLength: 2048 })),
};

export const everyAlgorithm = Object.keys(keyTexts) as JwtAlgorithm[];

export const keyFrom = (algorithm: JwtAlgorithm, text: string): Promise<SigningKey> =>
  loadSigningKey({ algorithm, secretKey: new Secret(text) });

export const keyFor = (algorithm: JwtAlgorithm): Promise<SigningKey> =>
  keyFrom(algorithm, keyTexts[algorithm]);

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signs whatever header and payload it is given, as somebody would who holds the key but keeps no rule. */
export function forge(key: SigningKey, header: unknown, payload: unknown): string {
  const signingInput = `${encode(header)}.${encode(payload)}`;
  return `${signingInput}.${key.sign(signingInput).toString('base64url')}`;
}
