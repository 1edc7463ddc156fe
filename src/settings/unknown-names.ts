import { nearestOf } from './edit-distance.js';
import type { EnvironmentReading } from './environment.js';
import type { Finding } from './refusals.js';
import type { Setting } from './setting.js';
import { settingNames, settingTable } from './setting-table.js';

const rows: Readonly<Record<string, Setting<unknown, unknown>>> = settingTable;

/** Every name that means something: names, aliases, and NAME_FILE of the secret ones. */
const knownNames: readonly string[] = settingNames.flatMap((name) => {
  const { aliases = [], secret = false } = rows[name] ?? {};
  const spelled = [name, ...aliases];
  return secret ? [...spelled, ...spelled.map((spelling) => `${spelling}_FILE`)] : spelled;
});

const known = new Set(knownNames);
export const isKnown = (name: string): boolean => known.has(name);

const secretNames = new Set<string>(
  settingNames.flatMap((name): readonly string[] => {
    const { aliases = [], secret = false } = rows[name] ?? {};
    return secret ? [name, ...aliases] : [];
  }),
);

/** True where a secret stands in clear: NAME_FILE only says where one lies, and an SQLite address holds no password. */
export const isSecret = (name: string, value: string): boolean =>
  secretNames.has(name) && !/^\s*sqlite\b/i.test(value);

const ours = knownNames.filter((name) => name.startsWith('SECURITY_'));

/** A name from anywhere, as a message may show it. */
const plain = (name: string): string => name.replace(/[^\w.-]/g, '?').slice(0, 80);

/**
 * A misspelt SECURITY_ name would leave a control at its default in silence. In files and code it is refused; in the
 * process environment only near a known name, because Kubernetes puts SECURITY_SERVICE_HOST there for a Service
 * named security. Other names are nobody's business.
 */
export function unknownNames({ layers }: EnvironmentReading): readonly Finding[] {
  return layers.flatMap(({ source, values }) =>
    [...values.keys()]
      .filter((name) => (name.startsWith('SECURITY_') || source === 'code') && !isKnown(name))
      .map((name): Finding => {
        const nearest = nearestOf(name, source === 'code' ? knownNames : ours);
        const meant = nearest?.name ?? '';
        const isRefused = source !== 'environment' || (nearest?.distance ?? 0) <= 2;
        const problem = `(${source}) is no setting of Sallyport. The nearest is ${meant}.`;
        const mend = isRefused
          ? `${meant}=…, or take ${plain(name)} away`
          : `unset ${plain(name)}, if it was meant for Sallyport`;
        return { name: plain(name), problem, mend, level: isRefused ? 'always' : 'warning' };
      }),
  );
}
