import { expect, it } from 'vitest';
import { loadSettings } from '../../dist/settings/load-settings.js';
import { describeEachServer, startServer } from '../support/wire.js';

const load = (env: Record<string, string>) => loadSettings({ cwd: '/', envFiles: false, env });

describeEachServer(
  "seed: settings come from the environment, by the seed's names",
  {
    env: {
      SECURITY_JWT_EXPIRE_MINUTES: '5',
      SECURITY_JWT_REFRESH_EXPIRE_DAYS: '1',
      APP_NAME: 'Wonderland',
      DEBUG: 'yes',
    },
  },
  (get) => {
    it('jwt_expire_minutes and jwt_refresh_expire_days', async () => {
      const person = await get().person();
      const status = async () =>
        (await get().call('GET', '/users/me', { token: person.access_token })).status;
      get().clock.forward(5 * 60_000 - 1000);
      expect(await status()).toBe(200);
      get().clock.forward(1000);
      expect(await status()).toBe(401);
      get().clock.forward(24 * 3_600_000);
      const form = { grant_type: 'refresh_token', refresh_token: person.refresh_token };
      expect((await get().call('POST', '/auth/token', { form })).status).toBe(400);
    });
    it('app_name', async () => {
      expect((await get().call('GET', '/openapi.json')).json.info.title).toBe('Wonderland');
    });
  },
);

it("seed: the JWT secret signs: a token of another secret is a stranger's", async () => {
  const one = await startServer('sqlite');
  const secret = 'kW3nV8qL5xT1rZ7mB4yC9dF2gH6jP0sA-vEoUiQ';
  const other = await startServer('sqlite', {
    database: one.database,
    env: { SECURITY_JWT_SECRET_KEY: secret },
  });
  try {
    const { access_token: token } = await one.server.person();
    expect((await one.server.call('GET', '/users/me', { token })).status).toBe(200);
    expect((await other.server.call('GET', '/users/me', { token })).status).toBe(401);
  } finally {
    await other.stop();
    await one.stop();
  }
});

it('seed: hardcoded and weak secrets do not start a production', async () => {
  const production = {
    ENVIRONMENT: 'production',
    ALLOWED_HOSTS: 'api.example.org',
    DATABASE_URL: 'sqlite::memory:',
  };
  for (const secret of ['your-secret-key', 'super-secret-jwt-key-12345', 'short', 'a'.repeat(64), ''])
    await expect(load({ ...production, SECURITY_JWT_SECRET_KEY: secret })).rejects.toThrow(
      /SECURITY_JWT_SECRET_KEY/,
    );
});

it('seed: debug, open origins and open hosts do not start a production', async () => {
  const env = {
    ENVIRONMENT: 'production',
    SECURITY_JWT_SECRET_KEY: 'kW3nV8qL5xT1rZ7mB4yC9dF2gH6jP0sA-vEoUiQ',
    DEBUG: 'true',
    ALLOWED_HOSTS: '*',
    SECURITY_CORS_ORIGINS: '*',
    SECURITY_BCRYPT_ROUNDS: '4',
  };
  const refusal = await load(env).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  for (const name of ['DEBUG', 'ALLOWED_HOSTS', 'SECURITY_CORS_ORIGINS', 'SECURITY_BCRYPT_ROUNDS'])
    expect(refusal).toContain(name);
});
