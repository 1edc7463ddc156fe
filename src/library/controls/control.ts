import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { ConfigurationError } from '../../base/errors.js';
import type { Settings } from '../../settings/settings.js';
import { type ControlName, type Entrance, entranceFor, type Step } from './entrance.js';

/** What every control is told. */
export interface ControlOptions {
  /** Of `loadSettings()`. */
  readonly settings: Settings;
}

/** A control as a Fastify plugin: it covers the instance that it is registered on, and the scopes below. */
export type Control<O extends ControlOptions = ControlOptions> = FastifyPluginAsync<O>;

/** Fastify's own, which reach a plugin among its options. */
const fastifys = ['logLevel', 'logSerializers'];

type SetUp<O extends ControlOptions> = (
  app: FastifyInstance,
  options: O,
  entrance: Entrance,
) => Step | Promise<Step>;

/**
 * Makes a plugin that is not encapsulated (as fastify-plugin does): its hooks hold for the instance that registers it.
 * @param own names of its options beside `settings`.
 */
export function control<O extends ControlOptions>(
  name: ControlName,
  own: readonly (keyof O & string)[],
  setUp: SetUp<O>,
): Control<O> {
  const plugin: Control<O> = async (app, options) => {
    assertOptions(name, options, ['settings', ...own]);
    const entrance = entranceFor(app, name, options.settings);
    entrance.add(name, await setUp(app, options, entrance));
  };
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: `sallyport-${name}`,
    [Symbol.for('plugin-meta')]: { name: `sallyport-${name}`, fastify: '5.x' },
  });
}

function assertOptions(name: string, options: object, known: readonly string[]): void {
  const refuse = (problem: string): never => {
    throw new ConfigurationError('ERR_OPTIONS', `${name}: ${problem}`);
  };
  const stranger = Object.keys(options).find((one) => ![...known, ...fastifys].includes(one));
  if (stranger === 'prefix')
    refuse(
      'it has no prefix; it covers the instance that it is registered on. Register it inside a plugin to cover that.',
    );
  if (stranger !== undefined) refuse(`there is no option "${stranger}"; known are ${known.join(', ')}.`);
  assertSettings(name, Reflect.get(options, 'settings'));
}

/** @throws ConfigurationError for anything but what `loadSettings` made, or a copy of it. */
export function assertSettings(name: string, settings: unknown): asserts settings is Settings {
  const parts = ['allowedHosts', 'trustedProxies', 'cors', 'rateLimit', 'securityHeaders', 'jwt'];
  if (typeof settings === 'object' && settings !== null && parts.every((part) => part in settings)) return;
  throw new ConfigurationError(
    'ERR_OPTIONS',
    `${name}: its settings are missing. Give it those of loadSettings(): const { settings } = await loadSettings();`,
  );
}
