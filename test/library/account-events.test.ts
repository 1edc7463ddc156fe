import { pino } from 'pino';
import { expect, it } from 'vitest';
import { builtInAccess } from '../../dist/accounts/access-table.js';
import type { Account } from '../../dist/accounts/account.js';
import { systemClock } from '../../dist/base/clock.js';
import { transact } from '../../dist/flows/account-hooks.js';
import {
  type AccountEventName,
  type AccountHappening,
  ConfigurationError,
  Refusal,
  sql,
} from '../../dist/index.js';
import { openApp } from '../../dist/library/open-app.js';
import type { Settings } from '../../dist/settings/settings.js';
import type { Query, Store } from '../../dist/store/connection.js';
import { loadTestSettings } from '../../dist/testing/test-settings.js';
import { describeEachApp, type LibraryApp } from '../support/library.js';
import { createDatabase } from '../support/stores.js';
import { password } from '../support/wire.js';

type Own = {
  welcome: { account_id: string; note: string };
};
const names: readonly AccountEventName[] = [
  'account.registered',
  'account.updated',
  'account.role_changed',
  'account.disabled',
  'account.enabled',
  'account.deleted',
  'password.changed',
];
const after: AccountHappening[] = [];
const inside: string[] = [];
let failAfter = false;
let until = (): void => {};
/** Resolves when a hook after the commit was told this event of that account. */
const told = (name: AccountEventName, id: string) =>
  new Promise<AccountHappening>((resolve) => {
    until = () => {
      const found = after.find((one) => one.name === name && one.account.id === id);
      if (found) resolve(found);
    };
    until();
  });

async function build({ app }: LibraryApp): Promise<void> {
  after.length = 0;
  inside.length = 0;
  await app.store.transaction(async (tx) => {
    await sql`create table welcome (account_id text not null references sallyport_accounts (id) on delete cascade, note text not null)`.execute(
      tx,
    );
  });
  app.on('account.registered', async ({ tx, account }) => {
    if (account.username === 'unwanted') throw new Refusal('conflict', { detail: 'No such people here' });
    if (account.username === 'broken') throw new Error('a fault of the hook');
    await tx
      .withTables<Own>()
      .insertInto('welcome')
      .values({ account_id: account.id, note: `Welcome, ${account.username}` })
      .execute();
  });
  for (const name of names) {
    app.on(name, ({ account, by }) => {
      inside.push(`${name} ${account.username} ${by}`);
    });
    app.afterCommit(name, (happening) => {
      after.push(happening);
      until();
      if (failAfter) throw new Error('mail is away');
    });
  }
}

describeEachApp('account events', { build }, (get) => {
  const notes = (id: string) =>
    get()
      .app.store.db.withTables<Own>()
      .selectFrom('welcome')
      .select('note')
      .where('account_id', '=', id)
      .execute();
  const accounts = (username: string) =>
    get()
      .app.store.db.selectFrom('sallyport_accounts')
      .select('id')
      .where('username', '=', username)
      .execute();
  const register = (username: string) =>
    get().call('POST', '/auth/register', {
      json: { email: `${username}@example.org`, username, password },
    });

  it('what a hook writes by tx is kept with the change, and goes with the account', async () => {
    const alice = await get().person('alice');
    expect(await notes(alice.id)).toEqual([{ note: 'Welcome, alice' }]);
    expect(await told('account.registered', alice.id)).toMatchObject({ by: 'self', actorId: alice.id });
    const gone = await get().call('DELETE', '/users/me', { token: alice.token, json: { password } });
    expect(gone.status).toBe(204);
    expect((await told('account.deleted', alice.id)).account.username).toBe('alice');
    expect(await notes(alice.id)).toEqual([]);
  });

  it('a hook that refuses undoes the change, and the client sees why', async () => {
    const refused = await register('unwanted');
    expect(refused.status).toBe(409);
    expect(refused.json).toMatchObject({ detail: 'No such people here', code: 'conflict' });
    expect(await accounts('unwanted')).toEqual([]);
    expect(after.some(({ account }) => account.username === 'unwanted')).toBe(false);
  });

  it('a hook that fails undoes the change, and says nothing to the client', async () => {
    const failed = await register('broken');
    expect(failed.status).toBe(500);
    expect(failed.text).not.toContain('a fault of the hook');
    expect(await accounts('broken')).toEqual([]);
    expect(get().log.lines.join('')).toContain('a fault of the hook');
  });

  it('a hook after the commit that fails changes nothing, and stands in the log', async () => {
    failAfter = true;
    const bob = await get().person('bob');
    await told('account.registered', bob.id);
    failAfter = false;
    expect(await accounts('bob')).toHaveLength(1);
    await expect.poll(() => get().log.lines.join('')).toContain('mail is away');
  });

  it('tells every event of an account with who did it', async () => {
    const clara = await get().person('clara');
    const admin = await get().person('the_admin');
    await get()
      .app.store.db.updateTable('sallyport_accounts')
      .set({ role: 'admin' })
      .where('id', '=', admin.id)
      .execute();
    inside.length = 0;
    const asAdmin = { token: admin.token };
    const patch = (json: object) => get().call('PATCH', `/users/${clara.id}`, { ...asAdmin, json });
    await get().call('PATCH', '/users/me', { token: clara.token, json: { full_name: 'Clara' } });
    await get().call('POST', '/users/me/password', {
      token: clara.token,
      json: { current_password: password, new_password: 'Looking-Glass-1871' },
    });
    await patch({ role: 'moderator' });
    await patch({ is_active: false });
    await patch({ is_active: true });
    await get().call('DELETE', `/users/${clara.id}`, asAdmin);
    expect(inside).toEqual([
      'account.updated clara self',
      'password.changed clara self',
      'account.role_changed clara admin',
      'account.disabled clara admin',
      'account.enabled clara admin',
      'account.deleted clara admin',
    ]);
    const deleted = await told('account.deleted', clara.id);
    expect(deleted.account).toMatchObject({ role: 'moderator', isActive: true, fullName: 'Clara' });
    expect(JSON.stringify(after)).not.toContain('$2b$');
  });

  it('runs hooks in the order they were registered in, and after the commit waits at the end for those that run', async () => {
    const database = await createDatabase('sqlite');
    const { settings } = await loadTestSettings();
    const where = database.settings as unknown as Pick<Settings, 'database' | 'dataDir'>;
    const log = pino({ level: 'silent' });
    const app = await openApp({
      settings: { ...settings, ...where },
      clock: systemClock,
      access: builtInAccess,
      log,
    });
    const order: string[] = [];
    let go = (): void => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    for (const name of ['first', 'second', 'third'])
      app.on('account.registered', () => void order.push(name));
    app.afterCommit('account.registered', async () => {
      await held;
      order.push('after');
    });
    const json = { email: 'dora@example.org', username: 'dora', password };
    await app.inject({ method: 'POST', url: '/auth/register', payload: json });
    expect(order).toEqual(['first', 'second', 'third']);
    const closing = app.close();
    setImmediate(go);
    await closing;
    expect(order).toEqual(['first', 'second', 'third', 'after']);
    await database.drop();
  });

  it('a transaction that runs twice tells after the commit once', async () => {
    const told: string[] = [];
    const hooks = { inside: async () => {}, committed: ({ name }: { name: string }) => void told.push(name) };
    let attempts = 0;
    const store = {
      ...get().app.house.store,
      transaction: async <T>(work: (tx: Query) => Promise<T>): Promise<T> => {
        attempts += 1;
        await get().app.house.store.transaction(work);
        return get().app.house.store.transaction(work);
      },
    } as Store;
    const account = (await get().app.accounts.find('bob')) as Account;
    await transact({ store, hooks }, (_tx, happened) =>
      happened({ name: 'account.updated', account, actorId: undefined, by: 'self' }),
    );
    expect([attempts, told]).toEqual([1, ['account.updated']]);
  });

  it('refuses an event that does not exist', () => {
    const add = () => get().app.on('account.registred' as AccountEventName, () => {});
    expect(add).toThrow(ConfigurationError);
    expect(add).toThrow(/no such event of an account\. Known: account\.registered/);
  });
});
