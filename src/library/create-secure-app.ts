import { randomBytes } from 'node:crypto';
import { accessTableOf } from '../access/define-access.js';
import { builtInAccess } from '../accounts/access-table.js';
import type { RouteGroup } from '../app.js';
import { systemClock } from '../base/clock.js';
import { ConfigurationError } from '../base/errors.js';
import { createServerLog } from '../http/server-log.js';
import { type LoadedSettings, loadSettings } from '../settings/load-settings.js';
import { currentInspection, type Inspection } from './inspection.js';
import { type OpenDeps, openApp } from './open-app.js';
import { assertOptions, type SecureAppOptions, settingTexts } from './options.js';
import type { SecureApp } from './secure-app.js';

/**
 * A secured application from settings, environment and `.env`: opens and migrates the store, and brings the account, token,
 * docs and health routes. Add your own, then `listen()`.
 * @throws SettingsRefused with every refused setting at once, each with the line that mends it.
 * @throws ConfigurationError for an unknown option, and where the store cannot be used: on SQLite a file that another
 * server has open, too.
 */
export async function createSecureApp(options: SecureAppOptions = {}): Promise<SecureApp> {
  assertOptions(options);
  const inspection = currentInspection();
  if (inspection !== undefined) return inspected(options, inspection);
  const overrides = settingTexts(options.settings ?? {});
  const { settings, warnings } = await loadSettings({
    overrides,
    ...(options.secret && { secret: options.secret }),
  });
  const log = options.log ?? createServerLog(settings.logLevel);
  for (const warning of warnings) log.warn(warning);
  return openApp({ ...common(options), settings, log, clock: systemClock });
}

export const common = ({
  access,
  routes = {},
  cors,
}: SecureAppOptions): Pick<OpenDeps, 'access' | 'without' | 'cors'> => ({
  cors,
  access: access === undefined ? builtInAccess : accessTableOf(access),
  without: new Set(
    Object.entries(routes).flatMap(([group, wanted]) => (wanted === false ? [group as RouteGroup] : [])),
  ),
});

/** Looked at, an application has the same routes wherever it is: its code decides, no environment, and DEBUG is off. */
const ofNowhere = (options: SecureAppOptions): Promise<LoadedSettings> =>
  loadSettings({
    env: {},
    envFiles: false,
    overrides: {
      ...settingTexts(options.settings ?? {}),
      ENVIRONMENT: 'development',
      DEBUG: 'false',
      LOG_LEVEL: 'silent',
      DATABASE_URL: 'sqlite::memory:',
      SECURITY_JWT_ALGORITHM: 'HS256',
      SECURITY_JWT_SECRET_KEY: randomBytes(48).toString('base64url'),
      SECURITY_BCRYPT_ROUNDS: '4',
      SECURITY_HASH_THREADS: '1',
    },
  });

async function inspected(options: SecureAppOptions, { apps }: Inspection<unknown>): Promise<SecureApp> {
  const { settings } = await ofNowhere(options);
  const log = createServerLog('silent');
  const app = await openApp({ ...common(options), settings, log, clock: systemClock });
  apps.push(app);
  const refuse = (): never => {
    throw new ConfigurationError(
      'ERR_OVERRIDE',
      'override: an application whose routes are looked at must be the one that serves. Overrides belong into tests.',
    );
  };
  return Object.assign(app, { listen: async () => 'http://127.0.0.1:0', override: refuse });
}
