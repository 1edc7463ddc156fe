import type { Finding } from './refusals.js';

/** Gives the secret of that name, or undefined where it has none. */
export type Vault = (name: string) => Promise<string | undefined>;

/** What a vault gave, and what it failed at. Its own words are not repeated: they may hold a token. */
export interface VaultAnswers {
  readonly texts: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
}

/** Asks a vault for each of these secrets, all at once. */
export async function askVault(vault: Vault | undefined, names: readonly string[]): Promise<VaultAnswers> {
  const texts = new Map<string, string>();
  const findings: Finding[] = [];
  const refuse = (name: string, problem: string): void => {
    findings.push({ name, problem, mend: `let the vault answer, or set ${name}`, level: 'always' });
  };
  const ask = async (name: string): Promise<void> => {
    try {
      const text: unknown = await vault?.(name);
      if (typeof text === 'string' && text !== '') texts.set(name, text);
      else if (text !== undefined && text !== '') refuse(name, 'came from the vault, but is no text.');
    } catch (error) {
      const kind = error instanceof Error ? error.name : 'an error';
      refuse(name, `could not be asked of the vault: it failed with ${kind}.`);
    }
  };
  await Promise.all(names.map(ask));
  return { texts, findings };
}
