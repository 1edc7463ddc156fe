import { createRequire } from 'node:module';

interface CommonPasswords {
  readonly dictionary: { readonly 'passwords-common': readonly string[] };
}

const load = createRequire(import.meta.url);
let known: ReadonlySet<string> | undefined;

/**
 * The list of @zxcvbn-ts/language-common, some 49,000 passwords in lower case (ASVS 6.2.4, 6.2.12). Read when the first
 * password is judged, not at start: about 30 ms once, and a few megabytes from then on.
 */
export function commonPasswords(): ReadonlySet<string> {
  if (known === undefined) {
    const { dictionary }: CommonPasswords = load('@zxcvbn-ts/language-common');
    known = new Set(dictionary['passwords-common']);
  }
  return known;
}

/** Whatever its case: `Password1` is as common as `password1`. */
export const isCommonPassword = (password: string): boolean => commonPasswords().has(password.toLowerCase());
