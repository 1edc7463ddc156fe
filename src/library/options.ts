import type { Logger } from 'pino';
import type { Access } from '../access/define-access.js';
import { type RouteGroup, routeGroups } from '../app.js';
import { ConfigurationError } from '../base/errors.js';
import { assertKnownOptions } from '../base/known-options.js';
import type { MoreCorsHeaders } from '../http/cors.js';
import { type SettingName, settingNames } from '../settings/setting-table.js';
import type { Vault } from '../settings/vault.js';

/**
 * Settings by the names of docs/settings.md, stronger than the environment and `.env`. Each is read as its text would be; a
 * list is joined by commas.
 */
export type SettingOverrides = {
  readonly [Name in SettingName]?: string | number | boolean | readonly string[];
};

/** What `createSecureApp` may be told; all of it may be left out. A name that is not here is refused. */
export interface SecureAppOptions {
  readonly settings?: SettingOverrides;
  /** Asked for each secret that settings and environment leave open: a vault, a file that an orchestrator mounts. */
  readonly secret?: Vault;
  /** Own roles and permissions. */
  readonly access?: Access;
  /** `{ users: false }` leaves a group of Sallyport's own routes out. All are there by default. */
  readonly routes?: Readonly<Partial<Record<RouteGroup, boolean>>>;
  /** Headers that your clients send, or read, beside ours: `{ allowedHeaders: ['X-Tenant'], exposedHeaders: ['X-Total-Count'] }`. */
  readonly cors?: MoreCorsHeaders;
  /** In place of JSON lines on stdout at LOG_LEVEL. */
  readonly log?: Logger;
}

const known = ['settings', 'secret', 'access', 'routes', 'cors', 'log'];

/**
 * A misspelt option would be a control dropped in silence.
 * @throws ConfigurationError
 */
export function assertOptions(
  options: object,
  where = 'createSecureApp',
  more: readonly string[] = [],
): void {
  const stranger = Object.keys(options).find((name) => settingNames.some((one) => one === name));
  if (stranger !== undefined)
    throw new ConfigurationError(
      'ERR_OPTIONS',
      `${where}: "${stranger}" is a setting. Settings stand under settings: { ${stranger}: … }.`,
    );
  assertKnownOptions(where, options, [...known, ...more]);
  const { routes, cors } = options as SecureAppOptions;
  if (routes !== undefined) assertKnownOptions(`${where}: routes`, routes, routeGroups);
  if (cors !== undefined) assertKnownOptions(`${where}: cors`, cors, ['allowedHeaders', 'exposedHeaders']);
}

/** @throws ConfigurationError for a name that is no setting's. */
export function settingTexts(settings: SettingOverrides): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]): [string, string][] => {
      if (!settingNames.some((one) => one === name))
        throw new ConfigurationError(
          'ERR_OPTIONS',
          `createSecureApp: settings.${name} is no setting. docs/settings.md has their names.`,
        );
      if (value === undefined) return [];
      return [[name, Array.isArray(value) ? value.join(',') : String(value)]];
    }),
  );
}
