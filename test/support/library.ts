import { pino } from 'pino';
import { afterAll, beforeAll, describe } from 'vitest';
import { type Access, accessTableOf } from '../../dist/access/define-access.js';
import { builtInAccess } from '../../dist/accounts/access-table.js';
import { type OpenedApp, openApp } from '../../dist/library/open-app.js';
import type { Settings } from '../../dist/settings/settings.js';
import { loadTestSettings } from '../../dist/testing/test-settings.js';
import { createDatabase, type TestDatabase } from './stores.js';
import { type Call, callUrl, LogLines, password, TestClock } from './wire.js';

export interface LibraryOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly access?: Access;
}

/** An embedding application on a real store, listening, with a clock that the test sets. */
export class LibraryApp {
  readonly app: OpenedApp;
  readonly clock: TestClock;
  readonly log: LogLines;
  url = '';
  #people = 0;

  constructor(app: OpenedApp, clock: TestClock, log: LogLines) {
    this.app = app;
    this.clock = clock;
    this.log = log;
  }

  async listen(): Promise<void> {
    this.url = await this.app.listen({ host: '127.0.0.1', port: 0 });
  }

  call(method: string, path: string, call: Call = {}) {
    return callUrl(this.url, method, path, call);
  }

  async person(named?: string) {
    this.#people += 1;
    const username = named ?? `person_${this.#people}`;
    const made = await this.call('POST', '/auth/register', {
      json: { email: `${username}@example.org`, username, password },
    });
    if (made.status !== 201) throw new Error(`register: ${made.status} ${made.text}`);
    return { id: made.json.id as string, username, token: await this.signIn(username) };
  }

  async signIn(username: string): Promise<string> {
    const answer = await this.call('POST', '/auth/token', { form: { username, password } });
    if (answer.status !== 200) throw new Error(`sign in: ${answer.status} ${answer.text}`);
    return answer.json.access_token;
  }
}

/** `build` adds the application's own before it listens. */
export function describeEachApp(
  name: string,
  options: LibraryOptions & { readonly build?: (own: LibraryApp) => void | Promise<void> },
  body: (get: () => LibraryApp) => void,
): void {
  describe.each(['sqlite', 'postgres'] as const)(`${name} on %s`, (engine) => {
    let database: TestDatabase;
    let own: LibraryApp;
    beforeAll(async () => {
      database = await createDatabase(engine);
      const { settings: loaded } = await loadTestSettings({ LOG_LEVEL: 'debug', ...options.env });
      const where = database.settings as unknown as Pick<Settings, 'database' | 'dataDir'>;
      const settings: Settings = { ...loaded, ...where };
      const log = new LogLines();
      const clock = new TestClock();
      const access = options.access === undefined ? builtInAccess : accessTableOf(options.access);
      const app = await openApp({ settings, clock, access, log: pino({ level: settings.logLevel }, log) });
      own = new LibraryApp(app, clock, log);
      await options.build?.(own);
      await own.listen();
    });
    afterAll(async () => {
      await own.app.close();
      await database.drop();
    });
    body(() => own);
  });
}
