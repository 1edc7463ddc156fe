import type { EnvironmentReading, LayerSource } from './environment.js';
import type { Place } from './parsers.js';
import { type Finding, Unfit } from './refusals.js';
import { readSecretFile } from './secret-file.js';
import type { Setting } from './setting.js';
import { type SettingName, settingNames, settingTable } from './setting-table.js';

export type Source = LayerSource | 'default' | 'development default' | 'vault' | `file ${string}`;

/** A setting that somebody gave: its text, where it stood and under which of its names. */
export interface Given {
  readonly text: string;
  readonly source: Source;
  readonly spelling: string;
}

interface Candidate {
  readonly spelling: string;
  readonly text: string;
  readonly source: LayerSource;
  /** The smaller, the stronger. */
  readonly rank: number;
}

export const settingRows: Readonly<Record<SettingName, Setting<unknown, unknown>>> = settingTable;

function strongest({ layers }: EnvironmentReading, spelling: string): Candidate | undefined {
  for (const [rank, { source, values }] of layers.entries()) {
    const text = values.get(spelling);
    if (text !== undefined) return { spelling, text, source, rank };
  }
  return undefined;
}

const candidates = (reading: EnvironmentReading, spellings: readonly string[]): readonly Candidate[] =>
  spellings
    .flatMap((spelling) => strongest(reading, spelling) ?? [])
    .sort((left, right) => left.rank - right.rank);

function conflict(direct: readonly Candidate[], files: readonly Candidate[]): Unfit | undefined {
  const [first, other] = [...direct, ...files];
  if (first === undefined || other === undefined) return undefined;
  const told = [...direct, ...files].map(({ spelling, source }) => `${spelling} (${source})`).join(' and ');
  if (direct.length > 0 && files.length > 0)
    return new Unfit(`is given twice: ${told}.`, `keep one of them, best ${files[0]?.spelling}`);
  const differ = [...direct, ...files].some(({ text }) => text !== first.text);
  return differ
    ? new Unfit(`is given by two names with different values: ${told}.`, `keep ${first.spelling} alone`)
    : undefined;
}

/** The text that somebody gave a setting, or undefined. Throws `Unfit` where two names or forms contradict. */
function givenText(name: SettingName, reading: EnvironmentReading): Given | undefined {
  const { aliases = [], secret = false } = settingRows[name];
  const spellings = [name, ...aliases];
  const direct = candidates(reading, spellings);
  const files = secret
    ? candidates(
        reading,
        spellings.map((spelling) => `${spelling}_FILE`),
      )
    : [];
  const contradiction = conflict(direct, files);
  if (contradiction !== undefined) throw contradiction;
  const [text] = direct;
  if (text !== undefined) return text;
  const [file] = files;
  if (file === undefined) return undefined;
  const place: Place = { name: file.spelling, cwd: reading.cwd };
  return { text: readSecretFile(file.text, place), source: `file ${file.text}`, spelling: file.spelling };
}

export const asFinding = (name: string, error: unknown): Finding => {
  if (!(error instanceof Unfit)) throw error;
  return { name, problem: error.problem, mend: error.mend, level: 'always' };
};

/** Every setting that was given, and what contradicts itself. */
export function givenValues(reading: EnvironmentReading): {
  readonly given: ReadonlyMap<SettingName, Given>;
  readonly findings: readonly Finding[];
} {
  const given = new Map<SettingName, Given>();
  const findings: Finding[] = [];
  for (const name of settingNames) {
    try {
      const found = givenText(name, reading);
      if (found !== undefined) given.set(name, found);
    } catch (error) {
      findings.push(asFinding(name, error));
    }
  }
  return { given, findings };
}
