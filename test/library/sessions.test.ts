import { expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigurationError, currentUser, defineAccess, requireAdmin } from '../../dist/index.js';
import { describeEachApp, type LibraryApp } from '../support/library.js';
import { password } from '../support/wire.js';

const access = defineAccess({
  roles: ['editor'],
  permissions: { 'reports:read': ['user', 'editor'], 'reports:publish': ['editor'] },
});
const response = { 200: z.object({ role: z.string() }) };

function build({ app }: LibraryApp): void {
  const add = (path: string, user: typeof currentUser) =>
    app.get(path, { needs: { user }, response }, ({ user: found }) => ({ role: found.role }));
  add('/anybody', currentUser);
  add('/read', access.requirePermission('reports:read'));
  add('/publish', access.requirePermission('reports:publish'));
  add('/editor', access.requireRole('editor'));
  add('/admin', requireAdmin);
}

describeEachApp('sessions.open', { build, access }, (get) => {
  const ask = async (token: string, path: string) => (await get().call('GET', path, { token })).status;
  const setRole = (id: string, role: string) =>
    get().app.store.db.updateTable('sallyport_accounts').set({ role }).where('id', '=', id).execute();

  it('is a session of 15 minutes to the second', async () => {
    const { id } = await get().person();
    const session = await get().app.sessions.open(id);
    expect(session.expiresIn).toBe(900);
    get().clock.forward(899_000);
    expect(await ask(session.accessToken, '/anybody')).toBe(200);
    get().clock.forward(1_000);
    expect(await ask(session.accessToken, '/anybody')).toBe(401);
  });

  it('lives as long as it was given, beyond the usual 30 minutes', async () => {
    const { id } = await get().person();
    const { accessToken } = await get().app.sessions.open(id, { expiresIn: 8 * 3600 });
    get().clock.forward(8 * 3600_000 - 1000);
    expect(await ask(accessToken, '/anybody')).toBe(200);
    get().clock.forward(1000);
    expect(await ask(accessToken, '/anybody')).toBe(401);
  });

  it('dies like any other: by logout, a changed password, a disabled and a deleted account', async () => {
    const { id, token } = await get().person();
    const open = async () => (await get().app.sessions.open(id)).accessToken;
    const first = await open();
    expect((await get().call('POST', '/auth/logout', { token: first })).status).toBe(204);
    expect(await ask(first, '/anybody')).toBe(401);
    const second = await open();
    const change = { current_password: password, new_password: 'Looking-Glass-1871' };
    expect((await get().call('POST', '/users/me/password', { token, json: change })).status).toBe(204);
    expect(await ask(second, '/anybody')).toBe(401);
    const third = await open();
    const active = (is_active: boolean) =>
      get().app.store.db.updateTable('sallyport_accounts').set({ is_active }).where('id', '=', id).execute();
    await active(false);
    expect(await ask(third, '/anybody')).toBe(403);
    await expect(open()).rejects.toMatchObject({ code: 'account_disabled' });
    await active(true);
    await get().app.store.db.deleteFrom('sallyport_accounts').where('id', '=', id).execute();
    expect(await ask(third, '/anybody')).toBe(401);
    await expect(open()).rejects.toMatchObject({ code: 'not_found' });
  });

  it('narrowed to scopes, may what both the role and the scopes allow, and touches no account', async () => {
    const { id } = await get().person();
    await setRole(id, 'editor');
    const { accessToken: narrow } = await get().app.sessions.open(id, { scopes: ['reports:read'] });
    const { accessToken: wide } = await get().app.sessions.open(id);
    const paths = ['/anybody', '/read', '/publish', '/editor', '/admin'];
    expect(await Promise.all(paths.map((path) => ask(wide, path)))).toEqual([200, 200, 200, 200, 403]);
    expect(await Promise.all(paths.map((path) => ask(narrow, path)))).toEqual([200, 200, 403, 403, 403]);
    await setRole(id, 'admin');
    expect(await Promise.all(paths.map((path) => ask(narrow, path)))).toEqual([200, 200, 403, 403, 403]);
    const account = [
      await get().call('PATCH', '/users/me', { token: narrow, json: { full_name: 'X' } }),
      await get().call('DELETE', '/users/me', { token: narrow, json: { password } }),
      await get().call('POST', '/users/me/password', {
        token: narrow,
        json: { current_password: password, new_password: 'Looking-Glass-1871' },
      }),
    ];
    expect(account.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(account[0]?.json).toMatchObject({ detail: 'Insufficient permissions' });
    expect((await get().call('POST', '/auth/logout', { token: narrow })).status).toBe(204);
  });

  it('scopes give nothing that the role does not have', async () => {
    const { id } = await get().person();
    const { accessToken } = await get().app.sessions.open(id, { scopes: ['reports:publish'] });
    expect(await ask(accessToken, '/publish')).toBe(403);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 31_536_001])(
    'refuses an expiresIn of %s',
    async (expiresIn) => {
      const { id } = await get().person();
      await expect(get().app.sessions.open(id, { expiresIn })).rejects.toThrow(ConfigurationError);
    },
  );

  it('finds an account as a sign-in does, and by its id', async () => {
    const { accounts } = get().app;
    const { id, username } = await get().person();
    for (const name of [
      username,
      username.toUpperCase(),
      `${username}@example.org`,
      `${username}@EXAMPLE.org`,
    ])
      expect((await accounts.find(name))?.id).toBe(id);
    expect((await accounts.get(id))?.username).toBe(username);
    for (const nobody of ['nobody', 'nobody@example.org', '', '%'])
      expect(await accounts.find(nobody)).toBeUndefined();
    expect(JSON.stringify(await accounts.find(username))).not.toContain('$2b$');
  });

  it('refuses an unknown scope and an empty list', async () => {
    const { id } = await get().person();
    const open = (scopes: string[]) => get().app.sessions.open(id, { scopes });
    await expect(open(['reports:burn'])).rejects.toThrow(/there is no permission "reports:burn"/);
    await expect(open([])).rejects.toThrow(/scopes is empty/);
  });
});
