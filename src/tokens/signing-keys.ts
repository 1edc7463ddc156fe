import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { deriveKey } from '../base/digest.js';
import { ConfigurationError } from '../base/errors.js';
import type { JwtAlgorithm, Settings } from '../settings/settings.js';
import { secretCommand, signingKeyFindings, withRealLineEnds } from '../settings/signing-key-rules.js';
import { type Algorithm, algorithms } from './algorithms.js';

/** The one key of this server, bound to its one algorithm (RFC 8725 §3.1). The private part never leaves the closure. */
export interface SigningKey {
  readonly algorithm: JwtAlgorithm;
  /** Header names of `alg` that this key answers to; the first is written. */
  readonly algorithmNames: readonly [string, ...string[]];
  readonly kid: string;
  /** Absent for HS256: a symmetric key is never published. */
  readonly publicJwk: JWK | undefined;
  sign(signingInput: string): Buffer;
  /** False for every signature that does not hold. Never throws. */
  verify(signingInput: string, signature: Buffer): boolean;
  /** 32 bytes for one named purpose (HKDF), so that the signing key itself serves no second end. */
  derive(purpose: string): Buffer;
}

/**
 * Makes the key from `SECURITY_JWT_SECRET_KEY`: the UTF-8 bytes of an HS256 secret, unchanged, or a PEM private key.
 * Throws ConfigurationError, with the line that mends it, when the text does not fit the algorithm.
 */
export async function loadSigningKey(
  jwt: Pick<Settings['jwt'], 'secretKey' | 'algorithm'>,
): Promise<SigningKey> {
  const algorithm = algorithms[jwt.algorithm];
  const given = jwt.secretKey.reveal();
  const text = algorithm.keys === 'secret' ? given : withRealLineEnds(given);
  assertFits(jwt.algorithm, text);
  return algorithm.keys === 'secret'
    ? fromSecret(jwt.algorithm, algorithm, text)
    : await fromPem(jwt.algorithm, algorithm, text);
}

function fromSecret(name: JwtAlgorithm, algorithm: Algorithm, text: string): SigningKey {
  if (text === '') throw doesNotFit('is empty.', `a fresh one by: ${secretCommand}`);
  const key = createSecretKey(Buffer.from(text, 'utf8'));
  const derive = (purpose: string) => deriveKey(text, purpose);
  // Not the RFC 7638 thumbprint: that would be a plain hash of the secret, sent out with every token (RFC 7638 §7).
  const kid = derive('jws-kid').subarray(0, 16).toString('base64url');
  return bind({ name, algorithm, signingKey: key, verificationKey: key, kid, publicJwk: undefined, derive });
}

async function fromPem(name: JwtAlgorithm, algorithm: Algorithm, pem: string): Promise<SigningKey> {
  const signingKey = createPrivateKey(pem);
  const verificationKey = createPublicKey(signingKey);
  // Loaded where a pair is configured: a start with HS256 does without.
  const { calculateJwkThumbprint, exportJWK } = await import('jose');
  const jwk = await exportJWK(verificationKey);
  const kid = await calculateJwkThumbprint(jwk);
  const der = signingKey.export({ type: 'pkcs8', format: 'der' });
  return bind({
    name,
    algorithm,
    signingKey,
    verificationKey,
    kid,
    publicJwk: { ...jwk, use: 'sig', alg: algorithm.names[0], kid },
    derive: (purpose) => deriveKey(der, purpose),
  });
}

/** Settings judged it at start already; whoever makes a key without them (a test, a library) meets the same rules. */
function assertFits(name: JwtAlgorithm, text: string): void {
  const found = signingKeyFindings(text, name).find(({ level }) => level === 'always');
  if (found !== undefined) throw doesNotFit(found.problem, found.mend);
}

const doesNotFit = (problem: string, mend: string) =>
  new ConfigurationError('ERR_SIGNING_KEY', `SECURITY_JWT_SECRET_KEY ${problem} Mend: ${mend}`);

interface KeyParts {
  readonly name: JwtAlgorithm;
  readonly algorithm: Algorithm;
  readonly signingKey: KeyObject;
  readonly verificationKey: KeyObject;
  readonly kid: string;
  readonly publicJwk: JWK | undefined;
  readonly derive: (purpose: string) => Buffer;
}

function bind(parts: KeyParts): SigningKey {
  const holds = parts.algorithm.verifier(parts.verificationKey);
  return Object.freeze({
    algorithm: parts.name,
    algorithmNames: parts.algorithm.names,
    kid: parts.kid,
    publicJwk: parts.publicJwk,
    sign: parts.algorithm.signer(parts.signingKey),
    verify(signingInput: string, signature: Buffer): boolean {
      try {
        return holds(signingInput, signature);
      } catch {
        return false; // Fails closed, whatever OpenSSL thinks of a malformed signature (ASVS 11.2.5).
      }
    },
    derive: parts.derive,
  });
}
