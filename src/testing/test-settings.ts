import { tmpdir } from 'node:os';
import { type LoadedSettings, loadSettings } from '../settings/load-settings.js';
import type { Settings } from '../settings/settings.js';

/** Strong enough for every rule, and known: for tests alone. */
export const testJwtSecret = 'tRq8Vw2Zk5Nf7Xc1Lp9Hd4Js6Gm3Yb0Qa-uEoIx_Wz';

/**
 * Settings for a test: memory database, cheap hashes, a fixed secret, silent log; no .env file and no process
 * environment is read, nothing is written. `env` overrides by name.
 */
export async function loadTestSettings(env: Readonly<Record<string, string>> = {}): Promise<LoadedSettings> {
  return loadSettings({
    cwd: tmpdir(),
    envFiles: false,
    env: {
      ENVIRONMENT: 'development',
      DATABASE_URL: 'sqlite::memory:',
      LOG_LEVEL: 'silent',
      SECURITY_BCRYPT_ROUNDS: '4',
      SECURITY_HASH_THREADS: '1',
      SECURITY_JWT_SECRET_KEY: testJwtSecret,
      ...env,
    },
  });
}

/** The settings alone. */
export async function testSettings(env: Readonly<Record<string, string>> = {}): Promise<Settings> {
  return (await loadTestSettings(env)).settings;
}
