import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { type LoadOptions, loadSettings } from '../../src/settings/load-settings.js';
import { SettingsRefused } from '../../src/settings/refusals.js';
import { testJwtSecret as strong } from '../../src/testing/test-settings.js';

export type Env = Record<string, string>;

/** A fresh working folder for each test of a file; call it once at the top. */
export function settingsFolder() {
  let cwd = '';
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'sallyport-'));
  });
  afterEach(() => {
    rmSync(cwd, { recursive: true });
  });
  const load = (env: Env, options: LoadOptions = {}) => loadSettings({ cwd, env, ...options });
  const inside = (...parts: string[]): string => join(cwd, ...parts);
  const write = (name: string, text: string): void => {
    writeFileSync(inside(name), text, { mode: 0o600 });
  };
  const problems = async (env: Env, options: LoadOptions = {}): Promise<readonly string[]> => {
    try {
      await load(env, options);
      return [];
    } catch (error) {
      if (!(error instanceof SettingsRefused)) throw error;
      for (const { name, problem, mend } of error.problems)
        expect(error.message).toContain(`  ${name} ${problem}\n    Mend: ${mend}\n`);
      return error.problems.map(({ name, problem, mend }) => `${name} ${problem} Mend: ${mend}`);
    }
  };
  return { load, write, problems, inside };
}

/** Settings of production in which nothing is wrong. */
export const production: Env = {
  ENVIRONMENT: 'production',
  SECURITY_JWT_SECRET_KEY: strong,
  ALLOWED_HOSTS: 'api.example.org',
  PUBLIC_URL: 'https://api.example.org',
  TRUSTED_PROXIES: '10.0.0.5',
};
