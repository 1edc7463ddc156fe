import type { Parse } from './parsers.js';
import { type Environment, environments } from './settings.js';

/** A default for each environment; `D` is undefined where there is none or where it follows from other settings. */
export type Defaults<D> = Readonly<Record<Environment, D>>;

/** One row of the table from which parsing, documentation and `sallyport settings` follow. */
export interface Setting<T, D> {
  readonly parse: Parse<T>;
  readonly defaults: Defaults<D>;
  /** In place of a default that is no fixed value: how it comes about. */
  readonly otherwise?: string | Defaults<string | undefined>;
  /** In .env.example, where no default can stand. */
  readonly example?: string;
  readonly aliases?: readonly string[];
  /** May come as NAME_FILE and from a vault, and never prints. */
  readonly secret?: boolean;
  readonly words: string;
  readonly group: Group;
}

export type Group = (typeof groups)[number];

export const groups = [
  'Application',
  'Listening',
  'Data',
  'Proxies and TLS',
  'Tokens',
  'Passwords',
  'Limits',
  'Browsers',
  'Behaviour',
] as const;

/** The same default everywhere. */
export const everywhere = <D>(value: D): Defaults<D> => ({
  development: value,
  staging: value,
  production: value,
});

/** No fixed default in any environment. */
export const none: Defaults<undefined> = everywhere(undefined);

/** Keeps the types of a row. */
export const setting = <T, D>(row: Setting<T, D>): Setting<T, D> => row;

/** How a row's default reads in a table, in one environment. */
export function defaultShown(row: Setting<unknown, unknown>, environment: Environment): string {
  const value = row.defaults[environment];
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(',');
  if (value !== undefined) return String(value);
  const words = typeof row.otherwise === 'object' ? row.otherwise[environment] : row.otherwise;
  return words ?? 'none';
}

/** True when development has a default of its own, which staging and production do not share. */
export const isDevelopmentDefault = (row: Setting<unknown, unknown>): boolean =>
  new Set(environments.map((environment) => defaultShown(row, environment))).size > 1;
