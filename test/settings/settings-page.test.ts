import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDotenv } from '../../src/settings/dotenv.js';
import { loadSettings } from '../../src/settings/load-settings.js';
import { settingNames } from '../../src/settings/setting-table.js';
import { envExample, settingsPage } from '../../src/settings/settings-page.js';
import { testJwtSecret } from '../../src/testing/test-settings.js';

const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const advice = 'build, then run: node scripts/settings-docs.mjs';

describe('what people read about settings', () => {
  it('docs/settings.md says what the table says', () => {
    expect(text('docs/settings.md') === settingsPage(), advice).toBe(true);
  });

  it('.env.example says what the table says', () => {
    expect(text('.env.example') === envExample(), advice).toBe(true);
  });

  it('names every setting, and its default in the three environments', () => {
    for (const name of settingNames) expect(settingsPage().split(`| \`${name}\` |`)).toHaveLength(3);
    expect(settingsPage()).toContain('| `DEBUG` | `true` | `false` | `false` |');
    expect(settingsPage()).toContain('| `SECURITY_REQUIRE_HTTPS` | `false` | `false` | `true` |');
    expect(settingsPage()).toContain(
      '| `SECURITY_JWT_SECRET_KEY` | made once, kept in `DATA_DIR` | must be set | must be set |',
    );
  });

  it('.env.example sets nothing as it is, and every line of it holds when it is uncommented', async () => {
    expect([...parseDotenv(envExample()).values]).toEqual([]);
    const values = parseDotenv(envExample().replace(/^#(?=[A-Z])/gm, '')).values;
    expect([...values.keys()]).toEqual(settingNames);
    const env = {
      ...Object.fromEntries(values),
      ENVIRONMENT: 'development',
      SECURITY_JWT_SECRET_KEY: testJwtSecret,
    };
    await expect(loadSettings({ env, envFiles: false })).resolves.toBeDefined();
  });
});
