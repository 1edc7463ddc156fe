import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresServer, type PostgresServer } from '../support/postgres-server.js';
import { createDatabase, type TestDatabase } from '../support/stores.js';
import { password, startServer } from '../support/wire.js';

describe('PostgreSQL goes away under a running server', () => {
  let postgres: PostgresServer;
  let database: TestDatabase;
  let started: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    postgres = await createPostgresServer();
    database = await createDatabase('postgres', `${postgres.url}postgres`);
    started = await startServer('postgres', { database });
  });
  afterAll(async () => {
    await started.stop();
    await postgres.remove();
  });

  test.each(['fast', 'immediate'] as const)(
    'by a %s stop: 503 with Retry-After and nothing let in meanwhile; it recovers by itself',
    async (how) => {
      const { server } = started;
      const person = await server.person('user', `gone_${how}`);
      const ask = () => [
        server.call('GET', '/users/me', { token: person.access_token }),
        server.call('PATCH', '/users/me', { token: person.access_token, json: { bio: 'x' } }),
        server.call('POST', '/auth/token', { form: { username: person.username, password } }),
        server.call('POST', '/auth/register', {
          json: { email: 'n@example.org', username: 'newcomer', password },
        }),
        server.call('POST', '/auth/token', {
          form: { grant_type: 'refresh_token', refresh_token: person.refresh_token },
        }),
      ];
      await postgres.stop(how);
      for (const answer of await Promise.all(ask())) {
        expect([answer.status, answer.json.code]).toEqual([503, 'service_unavailable']);
        expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      }
      server.clock.forward(2_000);
      const ready = await server.call('GET', '/readyz');
      expect(ready.status).toBe(503);
      expect(Number(ready.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect((await server.call('GET', '/healthz')).status).toBe(200);
      // Who proves nothing is refused as ever: the store is not asked.
      expect((await server.call('GET', '/users/me', { token: 'nonsense' })).status).toBe(401);
      expect((await server.call('GET', '/users/me')).status).toBe(401);

      await postgres.start();
      server.clock.forward(2_000);
      expect((await server.call('GET', '/readyz')).status).toBe(200);
      expect((await server.call('GET', '/users/me', { token: person.access_token })).status).toBe(200);
    },
  );
});
