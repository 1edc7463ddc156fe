import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { deriveKey } from '../base/digest.js';
import { ConfigurationError } from '../base/errors.js';
import type { JwtAlgorithm, Settings } from '../settings/settings.js';
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
  const text = jwt.secretKey.reveal();
  return algorithm.keys === 'secret'
    ? fromSecret(jwt.algorithm, algorithm, text)
    : await fromPem(jwt.algorithm, algorithm, text);
}

function fromSecret(name: JwtAlgorithm, algorithm: Algorithm, text: string): SigningKey {
  // A public PEM as an HMAC key is the classic algorithm confusion (RFC 8725 §2.1).
  if (text.includes('-----BEGIN')) throw doesNotFit(name, algorithm, 'holds a PEM, which is no HMAC secret');
  const key = text === '' ? undefined : createSecretKey(Buffer.from(text, 'utf8'));
  if (key === undefined || !algorithm.fits(key)) throw doesNotFit(name, algorithm, 'is empty');
  const derive = (purpose: string) => deriveKey(text, purpose);
  // Not the RFC 7638 thumbprint: that would be a plain hash of the secret, sent out with every token (RFC 7638 §7).
  const kid = derive('jws-kid').subarray(0, 16).toString('base64url');
  return bind({ name, algorithm, signingKey: key, verificationKey: key, kid, publicJwk: undefined, derive });
}

async function fromPem(name: JwtAlgorithm, algorithm: Algorithm, text: string): Promise<SigningKey> {
  const signingKey = privateKeyOf(name, algorithm, text);
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

function privateKeyOf(name: JwtAlgorithm, algorithm: Algorithm, text: string): KeyObject {
  // A line of an environment file can only hold a PEM with its line ends escaped.
  const pem = text.replaceAll('\\r', '').replaceAll('\\n', '\n').trim();
  if (!pem.includes('-----BEGIN')) throw doesNotFit(name, algorithm, 'is not a PEM');
  if (pem.includes('ENCRYPTED')) throw doesNotFit(name, algorithm, 'is encrypted with a passphrase');
  if (!pem.includes('PRIVATE KEY-----')) throw doesNotFit(name, algorithm, 'holds no private key');
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // OpenSSL's words stay out: they help nobody and might show a piece of what was read.
    throw doesNotFit(name, algorithm, 'cannot be read as a PEM private key');
  }
  if (!algorithm.fits(key)) throw doesNotFit(name, algorithm, 'is a private key of another kind or size');
  return key;
}

const doesNotFit = (name: JwtAlgorithm, algorithm: Algorithm, problem: string) =>
  new ConfigurationError(
    'ERR_SIGNING_KEY',
    `SECURITY_JWT_SECRET_KEY ${problem}. SECURITY_JWT_ALGORITHM=${name} wants ${algorithm.wants}`,
  );

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
