import { databaseShown } from './database-url.js';
import { type Given, type Source, settingRows } from './given-values.js';
import { defaultShown, isDevelopmentDefault } from './setting.js';
import { type SettingName, settingNames, type Values } from './setting-table.js';
import type { Settings } from './settings.js';

/** One line of `sallyport settings`: the effective value (secrets hidden) and where it comes from. */
export interface SettingRow {
  readonly name: SettingName;
  readonly value: string;
  readonly source: Source;
}

/** The values that follow from others when nobody gives them. */
const derived: Partial<Readonly<Record<SettingName, (settings: Settings) => string>>> = {
  ENVIRONMENT: ({ environment }) => environment,
  PUBLIC_URL: ({ publicUrl }) => publicUrl,
  DATA_DIR: ({ dataDir }) => dataDir,
  DATABASE_URL: ({ database }) => databaseShown(database),
  SECURITY_HASH_THREADS: ({ password }) => String(password.hashThreads),
  SECURITY_JWT_SECRET_KEY: ({ jwt }) => String(jwt.secretKey),
};

function shownValue(name: SettingName, settings: Settings, value: unknown): string {
  const show = derived[name];
  if (show !== undefined) return show(settings);
  if (value === undefined) return defaultShown(settingRows[name], settings.environment);
  return Array.isArray(value) ? value.join(',') : String(value);
}

/** Every setting with its effective value and its source. */
export const rowsOf = (
  settings: Settings,
  values: Values,
  given: ReadonlyMap<SettingName, Given>,
): readonly SettingRow[] =>
  settingNames.map((name) => {
    const isDevelopment = settings.environment === 'development' && isDevelopmentDefault(settingRows[name]);
    const source = given.get(name)?.source ?? (isDevelopment ? 'development default' : 'default');
    return { name, value: shownValue(name, settings, values[name]), source };
  });
