import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { command } from '../base/command.js';
import type { Finding } from './refusals.js';
import { weaknessOf } from './secret-strength.js';
import type { JwtAlgorithm } from './settings.js';

const name = 'SECURITY_JWT_SECRET_KEY';

/** Prints a fresh line for .env; said in every refusal that a new secret mends. */
export const secretCommand = `${command} secret`;
const freshSecret = `put the line that this prints in place of yours: ${secretCommand}`;

type KeyAlgorithm = Exclude<JwtAlgorithm, 'HS256'>;

interface KeyRule {
  readonly fits: (key: KeyObject) => boolean;
  readonly needs: string;
  readonly command: string;
}

/** RSA below `least` is refused everywhere, below `asked` in staging and production. */
const rsaBits = { least: 2048, asked: 3072 } as const;
const rsaCommand = `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:${rsaBits.asked} -out jwt-key.pem`;

/** Which private key each algorithm takes, for settings and tokens alike (RFC 7518 §3.3 to §3.5, RFC 8037 §3.1). */
const keyRules: Readonly<Record<KeyAlgorithm, KeyRule>> = {
  ES256: {
    fits: (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
    needs: 'an EC key on the curve P-256',
    command: 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out jwt-key.pem',
  },
  EdDSA: {
    fits: (key) => key.asymmetricKeyType === 'ed25519',
    needs: 'an Ed25519 key',
    command: 'openssl genpkey -algorithm ED25519 -out jwt-key.pem',
  },
  PS256: {
    // A key of the kind rsa-pss may be bound to another digest or salt, and node:crypto writes none as a JWK for /.well-known/jwks.json.
    fits: (key) => key.asymmetricKeyType === 'rsa',
    needs: 'an RSA key of the kind rsa, not rsa-pss',
    command: rsaCommand,
  },
  RS256: { fits: (key) => key.asymmetricKeyType === 'rsa', needs: 'an RSA key', command: rsaCommand },
};

const keyAlgorithms = ['ES256', 'EdDSA', 'PS256', 'RS256'] as const satisfies readonly KeyAlgorithm[];

const newKey = (rule: KeyRule): string => `${rule.command}, then ${name}_FILE=./jwt-key.pem alone`;

/** PEM in a setting often has its line ends written as \n; they become real ones. Other secrets stay as they are. */
export const withRealLineEnds = (text: string): string =>
  /^\s*-----BEGIN /.test(text) ? text.replace(/(?:\\r)?\\n/g, '\n') : text;

function loaded(load: () => KeyObject): KeyObject | undefined {
  try {
    return load();
  } catch {
    return undefined;
  }
}

/** Key material of any kind: PEM, PEM in base64, an OpenSSH public key, a JWK. A public one would be a public secret. */
const isKeyMaterial = (text: string): boolean =>
  /-----BEGIN |^\s*LS0tLS1CRUdJTi|^\s*(?:ssh-|ecdsa-)|^\s*\{[\s\S]*"kty"/.test(text);

function hs256Findings(text: string): readonly Finding[] {
  if (isKeyMaterial(text)) {
    const key = loaded(() => createPrivateKey(withRealLineEnds(text)));
    const algorithm = keyAlgorithms.find((candidate) => key !== undefined && keyRules[candidate].fits(key));
    const mend = algorithm === undefined ? freshSecret : `SECURITY_JWT_ALGORITHM=${algorithm}`;
    const problem =
      'holds a key (PEM or the like) while the algorithm is HS256. Whoever knows its public half could forge tokens.';
    return [{ name, problem, mend, level: 'always' }];
  }
  const weakness = weaknessOf(text);
  const findings: Finding[] = [];
  if (weakness !== undefined) findings.push({ name, problem: weakness, mend: freshSecret, level: 'strict' });
  if (text !== text.trim()) {
    const problem = 'starts or ends with a blank or line end, which counts as part of the secret.';
    findings.push({
      name,
      problem,
      mend: 'take it away, unless other services sign with it as well',
      level: 'warning',
    });
  }
  return findings;
}

function unreadable(text: string, algorithm: KeyAlgorithm, rule: KeyRule): Finding {
  const isPublic = !/PRIVATE KEY-----/.test(text) && loaded(() => createPublicKey(text)) !== undefined;
  const isLocked = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(text);
  const problem = isPublic
    ? `is a public key; ${algorithm} signs with the private one.`
    : isLocked
      ? 'is a private key under a passphrase, which Sallyport cannot ask for.'
      : `is not a private key in PEM form; ${algorithm} needs ${rule.needs}.`;
  const unlock = `openssl pkey -in locked.pem -out jwt-key.pem, then ${name}_FILE=./jwt-key.pem alone`;
  return { name, problem, mend: isLocked ? unlock : newKey(rule), level: 'always' };
}

function rsaFindings(key: KeyObject, rule: KeyRule): readonly Finding[] {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? Number.POSITIVE_INFINITY;
  if (bits >= rsaBits.asked) return [];
  const problem = `is an RSA key of ${bits} bits; at least ${rsaBits.asked} are needed (NIST SP 800-57: 128 bits of strength).`;
  return [{ name, problem, mend: newKey(rule), level: bits < rsaBits.least ? 'always' : 'strict' }];
}

/**
 * Judges the signing key by its algorithm (RFC 8725 §3.1, §3.5; ASVS 11.2.3). No finding holds a piece of it. PEM comes
 * here with real line ends (`withRealLineEnds`). `tokens/signing-keys.ts` refuses by the same findings.
 */
export function signingKeyFindings(text: string, algorithm: JwtAlgorithm): readonly Finding[] {
  if (algorithm === 'HS256') return hs256Findings(text);
  const rule = keyRules[algorithm];
  const key = loaded(() => createPrivateKey(text));
  if (key === undefined) return [unreadable(text, algorithm, rule)];
  if (!rule.fits(key)) {
    const fitting = keyAlgorithms.find((candidate) => keyRules[candidate].fits(key));
    const kind = `${key.asymmetricKeyType ?? 'unknown'} ${key.asymmetricKeyDetails?.namedCurve ?? ''}`.trim();
    const problem = `is a key of the kind ${kind}; ${algorithm} needs ${rule.needs}.`;
    return [
      { name, problem, mend: fitting ? `SECURITY_JWT_ALGORITHM=${fitting}` : newKey(rule), level: 'always' },
    ];
  }
  return rsaFindings(key, rule);
}
