import { resolve } from 'node:path';
import { parseDotenv } from './dotenv.js';
import { nearestOf } from './edit-distance.js';
import { openToOthers, readEnvText } from './env-file.js';
import type { Finding } from './refusals.js';
import { type Environment, environments } from './settings.js';

/** What is asked of a name, which is in upper case. */
export interface Names {
  /** Whether it is a setting's. */
  readonly isKnown: (name: string) => boolean;
  /** Whether this value of it is a secret. */
  readonly isSecret: (name: string, value: string) => boolean;
}

type Known = Names['isKnown'];

type Variables = Readonly<Record<string, string | undefined>>;

export type LayerSource = 'code' | 'environment' | `.env${string}`;

/** One place that settings come from; names are in upper case, empty values are left out: they set nothing. */
export interface Layer {
  /** As `sallyport settings` shows it: `environment`, `.env`, `.env.production`, `code`. */
  readonly source: LayerSource;
  readonly values: ReadonlyMap<string, string>;
}

export interface EnvironmentReading {
  /** The strongest first. */
  readonly layers: readonly Layer[];
  readonly cwd: string;
  readonly findings: readonly Finding[];
}

export interface EnvironmentOptions {
  /** The folder of the .env files and of relative paths; the working folder by default. */
  readonly cwd?: string;
  /** In place of the process environment. */
  readonly env?: Variables;
  /** False: no .env file is read. */
  readonly envFiles?: boolean;
  /** Settings given by code; stronger than everything else. */
  readonly overrides?: Readonly<Record<string, string>>;
}

function layerOf(source: LayerSource, variables: Iterable<readonly [string, string | undefined]>): Layer {
  const values = new Map<string, string>();
  for (const [name, value] of variables) if (value) values.set(name.toUpperCase(), value);
  return { source, values };
}

/** On systems that tell `Port` from `PORT` both may be set: which one counts must not hang on their order. */
function doubles(variables: Variables, known: Known): readonly Finding[] {
  const seen = new Map<string, string>();
  return Object.entries(variables).flatMap(([name, value]): Finding[] => {
    const upper = name.toUpperCase();
    if (!value || !known(upper)) return [];
    const before = seen.get(upper);
    seen.set(upper, name);
    if (before === undefined || variables[before] === value) return [];
    const problem = `is given twice, as ${before} and as ${name}, with different values.`;
    return [{ name: upper, problem, mend: `unset ${before === upper ? name : before}`, level: 'always' }];
  });
}

/** A line of ours that cannot be read would be a control dropped in silence: refused. Others' lines: told. */
function brokenLine(source: string, line: number, name: string | undefined, known: Known): Finding {
  const upper = name?.toUpperCase() ?? '';
  const ours = known(upper) || upper.startsWith('SECURITY_');
  const which = ours ? ` (${upper.replace(/[^A-Z0-9_].*$/s, '')})` : '';
  return {
    name: source,
    problem: `has a line ${line}${which} that cannot be read: a quote is not closed, or something follows it.`,
    mend: 'NAME="value" on one line',
    level: ours ? 'always' : 'warning',
  };
}

/** A quote that was left open and closed by a later one: the settings between them would be lost in silence. */
function swallowed(source: string, values: ReadonlyMap<string, string>): readonly Finding[] {
  return [...values].flatMap(([name, value]): Finding[] => {
    const [, lost] = /[\r\n][^\S\r\n]*(?:export\s+)?(SECURITY_\w+)\s*=/i.exec(value) ?? [];
    if (lost === undefined) return [];
    const problem = `has ${lost} inside the quotes of ${name.replace(/\W/g, '?').slice(0, 80)}, where it sets nothing.`;
    return [{ name: source, problem, mend: 'close the quote at the end of its line', level: 'always' }];
  });
}

function readEnvFile(
  cwd: string,
  source: LayerSource,
  variables: Variables,
  { isKnown, isSecret }: Names,
): { layer: Layer; findings: readonly Finding[] } {
  const { text = '', mode, finding } = readEnvText(resolve(cwd, source), source);
  const { values, broken } = parseDotenv(text, variables);
  const layer = layerOf(source, values);
  const secrets = [...layer.values].flatMap(([name, value]) => (isSecret(name, value) ? [name] : []));
  const findings = [
    ...(finding === undefined ? [] : [finding]),
    ...openToOthers(source, mode, secrets),
    ...broken.map(({ line, name }) => brokenLine(source, line, name, isKnown)),
    ...swallowed(source, values),
  ];
  return { layer, findings };
}

const spellings: Readonly<Record<string, Environment>> = {
  dev: 'development',
  local: 'development',
  stage: 'staging',
  prod: 'production',
};

/** The environment that a word means, or undefined. `prod`, `dev`, `local` and `stage` are taken as well. */
export function environmentOf(word: string): Environment | undefined {
  const given = word.trim().toLowerCase();
  return (
    environments.find((name) => name === given) ??
    (Object.hasOwn(spellings, given) ? spellings[given] : undefined)
  );
}

/** The strongest layer's value of the first of these names that has one. */
export function firstGiven(layers: readonly Layer[], names: readonly string[]): string | undefined {
  return layers.map(({ values }) => names.map((name) => values.get(name)).find(Boolean)).find(Boolean);
}

/**
 * What ENVIRONMENT says; where it is misspelt, the environment that was most likely meant, so that the refusal can
 * name every other problem as well.
 */
export function environmentGiven(layers: readonly Layer[]): Environment | undefined {
  const word = firstGiven(layers, ['ENVIRONMENT', 'ENV']);
  if (word === undefined) return undefined;
  const nearest = nearestOf(word.toLowerCase(), environments);
  const meant = nearest !== undefined && nearest.distance <= 3 ? nearest.name : undefined;
  return environmentOf(word) ?? environments.find((name) => name === meant);
}

/**
 * Reads where settings come from, and is the only reader of `process.env`: code above the process environment above
 * `.env.<environment>` above `.env`. Values stay as they are given; `load-settings.ts` judges them.
 */
export function readEnvironment(
  options: EnvironmentOptions = {},
  names: Names = { isKnown: () => true, isSecret: () => false },
): EnvironmentReading {
  const cwd = resolve(options.cwd ?? '.');
  const variables = options.env ?? process.env;
  const strongest = [
    layerOf('code', Object.entries(options.overrides ?? {})),
    layerOf('environment', Object.entries(variables)),
  ];
  const findings = doubles(variables, names.isKnown);
  if (options.envFiles === false) return { layers: strongest, cwd, findings };
  const base = readEnvFile(cwd, '.env', variables, names);
  const environment = environmentGiven([...strongest, base.layer]) ?? 'development';
  const own = readEnvFile(cwd, `.env.${environment}`, variables, names);
  return {
    layers: [...strongest, own.layer, base.layer],
    cwd,
    findings: [...findings, ...base.findings, ...own.findings, ...contradiction(own.layer, environment)],
  };
}

function contradiction({ source, values }: Layer, environment: Environment): readonly Finding[] {
  const word = values.get('ENVIRONMENT') ?? values.get('ENV');
  if (word === undefined || environmentOf(word) === environment) return [];
  const problem = `stands in ${source} and says another environment than the one that file is read for.`;
  return [{ name: 'ENVIRONMENT', problem, mend: `ENVIRONMENT=${environment} in ${source}`, level: 'always' }];
}
