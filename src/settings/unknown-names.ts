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

/** Names so long and so weighty that another one two letters away is a slip of the pen: ENVIROMENT=production. */
const weighty = ['ENVIRONMENT', 'DATABASE_URL', 'ALLOWED_HOSTS', 'TRUSTED_PROXIES', 'PUBLIC_URL'];

const slips = ({ layers }: EnvironmentReading): readonly Finding[] =>
  layers.flatMap(({ source, values }) =>
    [...values.keys()].flatMap((name): Finding[] => {
      const nearest = isKnown(name) || name.startsWith('SECURITY_') ? undefined : nearestOf(name, weighty);
      if (nearest === undefined || nearest.distance > 2) return [];
      const problem = `(${source}) is no setting of Sallyport, and ${nearest.name} is one.`;
      return [{ name: plain(name), problem, mend: `${nearest.name}=…, if that was meant`, level: 'warning' }];
    }),
  );

const ours = knownNames.filter((name) => name.startsWith('SECURITY_'));

/** A name from anywhere, as a message may show it. */
const plain = (name: string): string => name.replace(/[^\w.-]/g, '?').slice(0, 80);

/**
 * A misspelt SECURITY_ name would leave a control at its default in silence. In files and code it is refused; in the
 * process environment only near a known name, because Kubernetes puts SECURITY_SERVICE_HOST there for a Service
 * named security. Of other names only slips of the pen are told: the rest is nobody's business.
 */
export function unknownNames(reading: EnvironmentReading): readonly Finding[] {
  const unknown = reading.layers.flatMap(({ source, values }) =>
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
  return [...unknown, ...slips(reading)];
}
