import { ConfigurationError } from '../base/errors.js';

/** Made by passlib 1.7.4 at the lowest cost: some milliseconds in all. */
const vectors = [
  { password: 'Grüße-№9', hash: '$2b$04$n79VH.0Q2TMWmt3Oqt9ukutL0VBkqvlUyhNSQ4HnU7qsIvrUTV2x2' },
  {
    password: `${'x'.repeat(72)}y`,
    hash: '$bcrypt-sha256$v=2,t=2b,r=4$n79VH.0Q2TMWmt3Oqt9uku$ca77lq.uHi934dnJOiW0myvAFb7Wo4q',
  },
] as const;

export interface HasherUnderTest {
  hash(password: string): Promise<string>;
  verify(password: string, hash: string): Promise<boolean>;
}

async function isSound(hasher: HasherUnderTest): Promise<boolean> {
  for (const { password, hash } of vectors) {
    if (!(await hasher.verify(password, hash))) return false;
    if (await hasher.verify(`${password.slice(0, -1)}?`, hash)) return false;
    const own = await hasher.hash(password);
    if (own === hash || own.slice(0, 4) !== hash.slice(0, 4)) return false;
    if (!(await hasher.verify(password, own))) return false;
  }
  return true;
}

/** Refuses the start with ConfigurationError where the hasher does not load, rejects what is right or accepts what is wrong. */
export async function assertHasherSound(hasher: HasherUnderTest): Promise<void> {
  let sound: boolean;
  try {
    sound = await isSound(hasher);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(
      'ERR_PASSWORD_HASHER',
      `Passwords cannot be hashed on this machine: ${words}. Install again with optional packages (npm ci).`,
    );
  }
  if (!sound) {
    throw new ConfigurationError(
      'ERR_PASSWORD_HASHER',
      'The password hasher failed its self-test: bcrypt is broken here. Install again (npm ci).',
    );
  }
}
