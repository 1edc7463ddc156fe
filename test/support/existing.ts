import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { afterEach } from 'vitest';
import type { Settings } from '../../dist/index.js';
import { loadTestSettings } from '../../dist/testing/test-settings.js';
import { type Answer, type Call, callUrl, password } from './wire.js';

const apps: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

/** Somebody's running application, before Sallyport; closed after the test. */
export function existingApp(options: FastifyServerOptions = {}): FastifyInstance {
  const app = Fastify(options);
  apps.push(app);
  return app;
}

/** One with two routes, to register a control on alone: without secureServer and the others. */
export function plainApp(): FastifyInstance {
  const app = existingApp();
  app.get('/hello', async () => ({ hello: 'world' }));
  app.get('/health', async () => 'ok');
  return app;
}

/** Production's rules are not what is tested here: a memory database, limits on unless DEBUG is asked for. */
export const existingSettings = async (env: Readonly<Record<string, string>> = {}): Promise<Settings> =>
  (await loadTestSettings({ DEBUG: 'false', ...env })).settings;

export interface Caller {
  readonly port: number;
  readonly url: string;
  get(path: string, call?: Call): Promise<Answer>;
  call(method: string, path: string, call?: Call): Promise<Answer>;
  /** Registers somebody new; gives an access token. */
  signUp(username: string): Promise<string>;
}

/** Listens on a free port. */
export async function listen(app: FastifyInstance): Promise<Caller> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const call: Caller['call'] = (method, path, given) => callUrl(url, method, path, given);
  return {
    port,
    url,
    call,
    get: (path, given) => call('GET', path, given),
    async signUp(username) {
      const person = { email: `${username}@example.org`, username, password };
      const made = await call('POST', '/auth/register', { json: person });
      const signed = await call('POST', '/auth/token', { form: { username, password } });
      if (made.status !== 201 || signed.status !== 200) throw new Error(`${made.text} ${signed.text}`);
      return signed.json.access_token;
    },
  };
}
