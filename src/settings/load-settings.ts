import { assembleSettings, dataDirOf, derivedPublicUrl } from './assemble-settings.js';
import { bootFindings } from './boot-rules.js';
import { developmentSecret } from './development-secret.js';
import {
  type EnvironmentOptions,
  type EnvironmentReading,
  environmentGiven,
  firstGiven,
  readEnvironment,
} from './environment.js';
import { asFinding, type Given, givenValues, settingRows } from './given-values.js';
import { type Finding, SettingsRefused, warningLine } from './refusals.js';
import { rowsOf, type SettingRow } from './setting-rows.js';
import { type SettingName, settingNames, type Values } from './setting-table.js';
import type { Environment, Settings } from './settings.js';
import { isKnown, isSecret, unknownNames } from './unknown-names.js';
import { askVault, type Vault } from './vault.js';

/** The settings in force, frozen; where each came from; and what a start warns of, one line each. */
export interface LoadedSettings {
  readonly settings: Settings;
  readonly sources: readonly SettingRow[];
  readonly warnings: readonly string[];
}

/** Where settings are read from; by default the process environment and the `.env` files of the working folder. */
export interface LoadOptions extends EnvironmentOptions {
  /** Asked for each secret that the environment leaves open (SECURITY_JWT_SECRET_KEY, DATABASE_URL, REDIS_URL). */
  readonly secret?: Vault;
}

type GivenValues = ReadonlyMap<SettingName, Given>;

interface Step<T> {
  readonly result: T;
  readonly findings: readonly Finding[];
}

async function withVault(
  given: GivenValues,
  vault: Vault | undefined,
  failed: ReadonlySet<string>,
): Promise<Step<GivenValues>> {
  const open = settingNames.filter(
    (name) => settingRows[name].secret && !given.has(name) && !failed.has(name),
  );
  const { texts, findings } = await askVault(vault, vault === undefined ? [] : open);
  const answered = open.flatMap((name): [SettingName, Given][] => {
    const text = texts.get(name);
    return text === undefined ? [] : [[name, { text, source: 'vault', spelling: name }]];
  });
  return { result: new Map([...given, ...answered]), findings };
}

function parseAll(given: GivenValues, environment: Environment, cwd: string): Step<Values> {
  const findings: Finding[] = [];
  const read = (name: SettingName): unknown => {
    const found = given.get(name);
    const fallback = settingRows[name].defaults[environment];
    if (found === undefined) return fallback;
    try {
      return settingRows[name].parse(found.text, { name, cwd });
    } catch (error) {
      findings.push(asFinding(name, error));
      return fallback;
    }
  };
  const values = Object.fromEntries(settingNames.map((name) => [name, read(name)]));
  // Every name of the table is there, parsed by its own row: that is what Values says.
  return { result: values as unknown as Values, findings };
}

function judged(values: Values, environment: Environment, reading: EnvironmentReading): readonly Finding[] {
  return bootFindings({
    values,
    environment,
    environmentIsSaid: environmentGiven(reading.layers) !== undefined,
    nodeEnv: firstGiven(reading.layers, ['NODE_ENV']),
    publicUrl: values.PUBLIC_URL ?? derivedPublicUrl(values),
  });
}

/** Speaks of a setting by the name it was given by: a mend under another of its names would be refused as a double. */
function asSpelled(finding: Finding, given: GivenValues): Finding {
  const name = settingNames.find((candidate) => candidate === finding.name);
  const spelling = name === undefined ? undefined : given.get(name)?.spelling;
  if (name === undefined || spelling === undefined || spelling === name) return finding;
  const plain = spelling.replace(/_FILE$/, '');
  const mend = finding.mend
    .replaceAll(`${name}_FILE`, `${plain}_FILE`)
    .replaceAll(`${name}=`, `${spelling}=`);
  return { ...finding, name: spelling, mend };
}

/** Development only warns of what is strict; staging and production refuse it. Gives the warnings. */
function decide(
  findings: readonly Finding[],
  environment: Environment,
  given: GivenValues,
): readonly string[] {
  const spelled = findings.map((finding) => asSpelled(finding, given));
  const problems = spelled.filter(
    ({ level }) => level === 'always' || (level === 'strict' && environment !== 'development'),
  );
  if (problems.length > 0)
    throw new SettingsRefused(problems.map(({ name, problem, mend }) => ({ name, problem, mend })));
  return spelled.map(warningLine);
}

/** The given secret; in development, the one that is made once. */
function secretOf(values: Values, cwd: string, given: GivenValues): string {
  const secret = values.SECURITY_JWT_SECRET_KEY;
  if (secret !== undefined) return secret;
  try {
    return developmentSecret(dataDirOf(values, cwd), values.SECURITY_JWT_ALGORITHM);
  } catch (error) {
    decide([asFinding('SECURITY_JWT_SECRET_KEY', error)], 'development', given);
    throw error;
  }
}

/**
 * Reads every setting, checks all of them together and freezes them. Throws `SettingsRefused` with every problem at
 * once, each with the line that mends it; staging and production refuse what development only warns of. Writes
 * nothing but, in development, the secret that is made once (ASVS 13.3.1, 13.4.2).
 */
export async function loadSettings(options: LoadOptions = {}): Promise<LoadedSettings> {
  const reading = readEnvironment(options, { isKnown, isSecret });
  const environment = environmentGiven(reading.layers) ?? 'development';
  const found = givenValues(reading);
  const contradicted = new Set<string>(found.findings.map(({ name }) => name));
  const asked = await withVault(found.given, options.secret, contradicted);
  const given = asked.result;
  const parsed = parseAll(given, environment, reading.cwd);
  const first = [...reading.findings, ...found.findings, ...asked.findings, ...parsed.findings];
  // A value that could not be read is not judged a second time by what its default would mean.
  const failed = new Set(first.map(({ name }) => name));
  const rules = judged(parsed.result, environment, reading).filter(({ name }) => !failed.has(name));
  const warnings = decide([...first, ...unknownNames(reading), ...rules], environment, given);
  const secret = secretOf(parsed.result, reading.cwd, given);
  const settings = assembleSettings(parsed.result, environment, reading.cwd, secret);
  return { settings, sources: rowsOf(settings, parsed.result, given), warnings };
}
