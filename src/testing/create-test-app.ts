import { pino } from 'pino';
import type { Account, RoleName } from '../accounts/account.js';
import { systemClock } from '../base/clock.js';
import { ConfigurationError } from '../base/errors.js';
import { localContext } from '../events/event-context.js';
import { register } from '../flows/register.js';
import { common } from '../library/create-secure-app.js';
import { type OpenedApp, openApp } from '../library/open-app.js';
import { assertOptions, type SecureAppOptions, settingTexts } from '../library/options.js';
import type { SecureApp } from '../library/secure-app.js';
import { TestClient, TestPerson } from './test-client.js';
import { TestClock } from './test-clock.js';
import { loadTestSettings } from './test-settings.js';

/** What `createTestApp` may be told: as `SecureAppOptions`, and how limits and the clock begin. */
export interface TestAppOptions extends Omit<SecureAppOptions, 'secret'> {
  /** True: the limits on requests count, as they do wherever DEBUG is off. The throttle on passwords always does. */
  readonly limits?: boolean;
  /** Where the clock begins; now by default. */
  readonly now?: Date;
}

/** Who a test wants to be: a role, or more of it. What is left out is made up. */
export interface TestUser {
  readonly username?: string;
  readonly email?: string;
  readonly fullName?: string;
  readonly role?: RoleName;
  /** Permissions that the session is narrowed to. */
  readonly scopes?: readonly string[];
}

/** A secured application in memory, with a clock to set and people to be. */
export interface TestApp extends SecureApp {
  readonly clock: TestClock;
  /** Sends no credential. */
  readonly nobody: TestClient;
  /**
   * A new account of that role, with a session of its own. Its password is `testPassword`. Hooks of `account.registered` run.
   * @throws ConfigurationError for a role that the application does not have.
   */
  as(who: RoleName | TestUser): Promise<TestPerson>;
}

/** The password of everybody whom `as` makes. */
export const testPassword = 'Wonderland-1865';

/**
 * A secured application for a test: its database in memory, hashes of cost 4, a clock that the test sets, no limits on
 * requests unless asked. Why a request was a 500 stands on stderr (LOG_LEVEL, `error` unless set). No environment and no
 * `.env` is read, nothing is written, nothing listens. Close it at the end.
 *
 * Works under vitest and node:test as it is. Jest needs `--experimental-vm-modules` and `transform: {}`; before Node 24.9 it
 * cannot require the ES module `cookie` 2 that Fastify's `inject` asks for, so give it version 1:
 * `npm install -D cookie-1@npm:cookie@1.1.1` and `moduleNameMapper: { '^cookie$': 'cookie-1' }` in its configuration.
 */
export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  assertOptions(options, 'createTestApp', ['limits', 'now']);
  const { settings: overrides = {}, limits = false, now } = options;
  const texts = { DEBUG: String(!limits), LOG_LEVEL: 'error', ...settingTexts(overrides) };
  const { settings } = await loadTestSettings(texts);
  const log = options.log ?? pino({ level: settings.logLevel }, pino.destination({ fd: 2, sync: true }));
  const clock = new TestClock(now ?? new Date(systemClock.now()));
  const deps = { ...common(options), settings, clock, log };
  const app = await openApp(deps);
  return Object.assign(app, { clock, nobody: new TestClient(app), as: cast(app, clock, deps.access.roles) });
}

/** Makes people, numbered where they have no name. */
function cast(app: OpenedApp, clock: TestClock, roles: readonly string[]): TestApp['as'] {
  const { flows } = app.house.composed;
  let made = 0;
  return async (who) => {
    const wanted: TestUser = typeof who === 'string' ? { role: who } : who;
    const { role = 'user', fullName = null, scopes } = wanted;
    if (!roles.includes(role))
      throw new ConfigurationError(
        'ERR_ROLE_UNKNOWN',
        `as(${JSON.stringify(role)}): there is no such role. Known roles: ${roles.join(', ')}. Give createTestApp({ access }) your own.`,
      );
    made += 1;
    const username = wanted.username ?? `${role.replaceAll('-', '_')}_${made}`;
    const email = wanted.email ?? `${username}@example.org`;
    const person = { username, email, fullName, bio: null, password: testPassword };
    const registrar = { role, by: 'command_line' } as const;
    const account: Account = await register(flows, person, localContext(clock), registrar);
    const session = await app.sessions.open(account.id, {
      expiresIn: 24 * 60 * 60,
      ...(scopes && { scopes }),
    });
    return new TestPerson(app, session.accessToken, account);
  };
}
