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
  /** What kind of key it wants, and the command that makes one. */
  readonly wants: string;
  fits(key: KeyObject): boolean;
  signer(key: KeyObject): Sign;
  verifier(key: KeyObject): Verify;
}

/** RSA below this is refused everywhere; staging and production ask for 3072 (settings, ASVS 11.2.3). */
const leastRsaBits = 2048;

const hmac = (key: KeyObject, text: string) => createHmac('sha256', key).update(text, 'latin1').digest();

const isRsa = (key: KeyObject) =>
  key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= leastRsaBits;

const wantsRsa =
  'an RSA private key of 3072 bits: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem';

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

/** JSON Web Algorithms (RFC 7518 §3, RFC 8037 §3.1, RFC 9864 §2.2) that a Sallyport key may have. */
export const algorithms: Readonly<Record<JwtAlgorithm, Algorithm>> = {
  HS256: {
    names: ['HS256'],
    keys: 'secret',
    wants: 'a random text of 32 characters or more: sallyport secret',
    fits: (key) => key.type === 'secret' && (key.symmetricKeySize ?? 0) > 0,
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
    wants:
      'an EC private key on P-256: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem',
    fits: (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
  },
  EdDSA: {
    ...pair(null, {}),
    // RFC 9864 deprecates the polymorphic name; it is written while most clients know it alone.
    names: ['EdDSA', 'Ed25519'],
    wants: 'an Ed25519 private key: openssl genpkey -algorithm ed25519 -out key.pem',
    fits: (key) => key.asymmetricKeyType === 'ed25519',
  },
  PS256: {
    // Salt as long as the digest, when verifying too (RFC 7518 §3.5).
    ...pair('sha256', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
    names: ['PS256'],
    wants: wantsRsa,
    fits: isRsa,
  },
  RS256: {
    ...pair('sha256', { padding: constants.RSA_PKCS1_PADDING }),
    names: ['RS256'],
    wants: wantsRsa,
    fits: isRsa,
  },
};
