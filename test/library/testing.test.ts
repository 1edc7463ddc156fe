import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { currentUser, defineAccess, dependency } from '../../dist/index.js';
import { createTestApp, type TestApp, testPassword } from '../../dist/testing/index.js';

const access = defineAccess({ roles: ['editor'], permissions: { 'reports:publish': ['editor'] } });
const response = { 200: z.object({ name: z.string() }) };
const greeting = dependency('greeting', {}, () => 'Good day');

const apps: TestApp[] = [];
afterAll(() => Promise.all(apps.map((app) => app.close())));

async function make(options: Parameters<typeof createTestApp>[0] = {}): Promise<TestApp> {
  const app = await createTestApp({ access, ...options });
  apps.push(app);
  app.get('/me', { needs: { user: currentUser, greeting }, response }, ({ user, greeting: words }) => ({
    name: `${words}, ${user.username}`,
  }));
  app.post(
    '/publish',
    { needs: { user: access.requirePermission('reports:publish') }, response },
    ({ user }) => ({
      name: user.username,
    }),
  );
  return app;
}

describe('createTestApp', () => {
  it('gives a client for a role, for somebody in particular, and for nobody', async () => {
    const app = await make();
    const editor = await app.as('editor');
    expect(editor.account.role).toBe('editor');
    expect((await editor.get('/me')).json).toEqual({ name: `Good day, ${editor.account.username}` });
    expect((await editor.post('/publish')).status).toBe(200);
    const alice = await app.as({ username: 'alice', fullName: 'Alice Liddell' });
    expect(alice.account).toMatchObject({
      email: 'alice@example.org',
      role: 'user',
      fullName: 'Alice Liddell',
    });
    expect((await alice.post('/publish')).status).toBe(403);
    expect((await app.nobody.get('/me')).status).toBe(401);
  });

  it('lets them sign in with the known password', async () => {
    const app = await make();
    await app.as({ username: 'alice' });
    const form = { username: 'alice', password: testPassword };
    expect((await app.nobody.post('/auth/token', { form })).status).toBe(200);
  });

  it('narrows a session to scopes', async () => {
    const app = await make();
    const narrow = await app.as({ role: 'editor', scopes: ['users:read'] });
    expect((await narrow.get('/me')).status).toBe(200);
    expect((await narrow.post('/publish')).status).toBe(403);
  });

  it('overrides a dependency before the first request', async () => {
    const app = await make();
    app.override(greeting, () => 'Hello');
    const alice = await app.as({ username: 'alice' });
    expect((await alice.get('/me')).json).toEqual({ name: 'Hello, alice' });
    expect(() => app.override(greeting, () => 'late')).toThrow(/ready already/);
  });

  it('has a clock that the test sets', async () => {
    const app = await make({ now: new Date('2030-01-01T00:00:00Z') });
    const alice = await app.as('user');
    expect(alice.account.createdAt).toBe(Date.UTC(2030, 0, 1));
    app.clock.forward(24 * 3600 - 1);
    expect((await alice.get('/me')).status).toBe(200);
    app.clock.forward(1);
    expect((await alice.get('/me')).status).toBe(401);
    app.clock.set(new Date('2030-01-01T00:00:00Z'));
    expect((await alice.get('/me')).status).toBe(200);
  });

  it('has no limits unless asked', async () => {
    const many = async (app: TestApp) => {
      const json = { email: 'x', username: 'x', password: 'x' };
      const statuses = new Set<number>();
      for (let at = 0; at < 130; at += 1)
        statuses.add((await app.nobody.post('/auth/revoke', { json })).status);
      return [...statuses];
    };
    expect(await many(await make())).toEqual([415]);
    expect(await many(await make({ limits: true }))).toEqual([415, 429]);
  });

  it('shares nothing with another one', async () => {
    const [one, other] = [await make(), await make()];
    const alice = await one.as({ username: 'alice' });
    await other.as({ username: 'alice' });
    expect(
      (await other.nobody.get('/me', { headers: { authorization: `Bearer ${alice.token}` } })).status,
    ).toBe(401);
  });

  it('refuses a role that the application does not have', async () => {
    const app = await make();
    await expect(app.as('editr')).rejects.toThrow(
      /there is no such role\. Known roles: admin, moderator, user, editor/,
    );
  });
});
