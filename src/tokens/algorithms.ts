import { constants, createHmac, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto';
import type { JwtAlgorithm } from '../settings/settings.js';

type Sign = (signingInput: string) => Buffer;
type Verify = (signingInput: string, signature: Buffer) => boolean;

/** All that the rest of this room needs to know of an algorithm; nothing else asks for its name (RFC 8725 §3.1). */
export interface Algorithm {
  /** Header names accepted from a token signed by such a key. The first is the one that we write. */
  readonly names: readonly [string, ...string[]];
  /** `secret`: the text itself is the key. `pair`: the text is the PEM of a private key. */
  readonly keys: 'secret' | 'pair';
  signer(key: KeyObject): Sign;
  verifier(key: KeyObject): Verify;
}

const hmac = (key: KeyObject, text: string) => createHmac('sha256', key).update(text, 'latin1').digest();

/** One asymmetric algorithm over node:crypto. The parameters are laid down once, not for every token. */
function pair(digest: 'sha256' | null, parameters: object): Pick<Algorithm, 'keys' | 'signer' | 'verifier'> {
  return {
    keys: 'pair',
    signer(key) {
      const how = { key, ...parameters };
      return (signingInput) => sign(digest, Buffer.from(signingInput, 'latin1'), how);
    },
    verifier(key) {
      const how = { key, ...parameters };
      return (signingInput, signature) => verify(digest, Buffer.from(signingInput, 'latin1'), how, signature);
    },
  };
}

/**
 * JSON Web Algorithms (RFC 7518 §3, RFC 8037 §3.1, RFC 9864 §2.2) that a Sallyport key may have. Which key fits which
 * stands in settings/signing-key-rules.ts alone.
 */
export const algorithms: Readonly<Record<JwtAlgorithm, Algorithm>> = {
  HS256: {
    names: ['HS256'],
    keys: 'secret',
    signer: (key) => (signingInput) => hmac(key, signingInput),
    verifier: (key) => (signingInput, signature) => {
      const expected = hmac(key, signingInput);
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    },
  },
  ES256: {
    // Raw R || S, 64 octets, not the DER that OpenSSL writes by itself (RFC 7518 §3.4).
    ...pair('sha256', { dsaEncoding: 'ieee-p1363' }),
    names: ['ES256'],
  },
  EdDSA: {
    ...pair(null, {}),
    // RFC 9864 deprecates the polymorphic name; it is written while most clients know it alone.
    names: ['EdDSA', 'Ed25519'],
  },
  PS256: {
    // Salt as long as the digest, when verifying too (RFC 7518 §3.5).
    ...pair('sha256', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
    names: ['PS256'],
  },
  RS256: {
    ...pair('sha256', { padding: constants.RSA_PKCS1_PADDING }),
    names: ['RS256'],
  },
};
