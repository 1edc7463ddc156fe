import { expect, it } from 'vitest';
import { listAccounts } from '../../src/accounts/accounts-page-queries.js';
import { deleteAccount, insertAccount, updateProfile } from '../../src/accounts/accounts-queries.js';
import { systemClock } from '../../src/base/clock.js';
import type { Store } from '../../src/store/connection.js';
import { describeEachStore } from '../support/stores.js';

let count = 0;

async function register(store: Store, ...names: readonly (string | null)[]): Promise<string[]> {
  const ids: string[] = [];
  for (const fullName of names) {
    count += 1;
    const names = { email: `p${count}@example.com`, username: `p_${count}`, fullName };
    const account = { ...names, passwordHash: 'x', bio: null, role: 'user' } as const;
    ids.push((await store.transaction((tx) => insertAccount(tx, account, systemClock))).id);
  }
  return ids;
}

const found = async (store: Store, search: string): Promise<(string | null)[]> =>
  (await listAccounts(store.db, { search, limit: 100 })).items.map(({ fullName }) => fullName);

describeEachStore('pages of accounts', ({ open }) => {
  it('hold everybody once, in order, also who registers between two pages', async () => {
    const store = await open();
    const ids = (await register(store, ...Array.from({ length: 7 }, () => 'Page Person'))).sort();
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let pages = 1; ; pages += 1) {
      const page = await listAccounts(store.db, { search: 'page person', limit: 3, cursor });
      seen.push(...page.items.map(({ id }) => id));
      if (pages === 1) ids.push(...(await register(store, 'Page Person')));
      if (page.nextCursor === null) break;
      expect(page.nextCursor).toMatch(/^[A-Za-z0-9_-]{48}$/);
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(ids);
    const all = await listAccounts(store.db, { limit: 8 });
    expect(all.items).toHaveLength(8);
    expect(all.nextCursor).toBeNull();
    expect(JSON.stringify(all)).not.toContain('password_hash');
  });

  it('go on behind a cursor whose account was deleted', async () => {
    const store = await open();
    await register(store, 'Gone One', 'Gone Two', 'Gone Three');
    const first = await listAccounts(store.db, { search: 'gone', limit: 1 });
    await store.transaction((tx) => deleteAccount(tx, first.items[0]?.id ?? ''));
    const rest = await listAccounts(store.db, { search: 'gone', limit: 5, cursor: first.nextCursor ?? '' });
    expect(rest.items).toHaveLength(2);
  });

  it.each([
    '',
    'x',
    'null',
    '../../etc/passwd',
    'A'.repeat(48),
    'A'.repeat(100_000),
    '\0',
    '\ud800',
    Buffer.from("' or 1=1 --' or 1=1 --' or 1=1 --123").toString('base64url'),
    `${Buffer.from('0190a3c4-7b1e-7def-8a3b-1c2d3e4f5a6b').toString('base64url')}=`,
    Buffer.from('0190A3C4-7B1E-7DEF-8A3B-1C2D3E4F5A6B').toString('base64url'),
  ])('refuse a cursor that is none of ours: %j', async (cursor) => {
    const store = await open();
    const issues = [{ loc: ['query', 'cursor'], msg: 'Value error, Invalid cursor', type: 'value_error' }];
    await expect(listAccounts(store.db, { limit: 5, cursor })).rejects.toMatchObject({ status: 422, issues });
  });
});

describeEachStore('the search in full names', ({ open }) => {
  it('finds parts of names, whatever case and accents, alike on both engines', async () => {
    const store = await open();
    await register(
      store,
      'Élodie Ünal',
      'ELODIE Schmidt',
      'Jörg Weiß',
      'Müller-Lüdenscheidt',
      null,
      '',
      '김철수',
    );
    expect(await found(store, 'elodie')).toEqual(['Élodie Ünal', 'ELODIE Schmidt']);
    expect(await found(store, 'ÉLO')).toEqual(['Élodie Ünal', 'ELODIE Schmidt']);
    expect(await found(store, 'e\u0301lo')).toEqual(['Élodie Ünal', 'ELODIE Schmidt']);
    expect(await found(store, 'LODI')).toEqual(['Élodie Ünal', 'ELODIE Schmidt']);
    expect(await found(store, 'weiss')).toEqual(['Jörg Weiß']);
    expect(await found(store, 'e u')).toEqual(['Élodie Ünal']);
    expect(await found(store, '김철수')).toEqual(['김철수']);
    expect(await found(store, 'nobody')).toEqual([]);
  });

  it('finds the beginnings of words by two characters', async () => {
    const store = await open();
    await register(store, 'Qu Xi', 'Aqua Max');
    expect(await found(store, 'qu')).toEqual(['Qu Xi']);
    expect(await found(store, 'xi')).toEqual(['Qu Xi']);
    expect(await found(store, 'ax')).toEqual([]);
  });

  it('takes every character as itself', async () => {
    const store = await open();
    const names = ['50%_off\\now', '50x_off', `say "hi" it's`, 'a* AND b* OR c', 'NEAR(x) {y}:z ^w'];
    await register(store, ...names);
    expect(await found(store, '50%')).toEqual([names[0]]);
    expect(await found(store, '%_o')).toEqual([names[0]]);
    expect(await found(store, 'off\\')).toEqual([names[0]]);
    expect(await found(store, '_off')).toEqual([names[0], names[1]]);
    expect(await found(store, '"hi" it\'s')).toEqual([names[2]]);
    expect(await found(store, 'a* AND')).toEqual([names[3]]);
    expect(await found(store, '(x) {y}:z ^w')).toEqual([names[4]]);
    for (const trick of [
      '%%',
      '__',
      '___',
      '***',
      "' OR 1=1--",
      '" OR "',
      'a* OR',
      '(a+)+$',
      '\\\\',
      '$$',
      '--',
      '"""',
    ])
      expect(await found(store, trick)).toEqual([]);
  });

  it('finds nobody by accents and blanks alone', async () => {
    const store = await open();
    for (const blank of ['  ', '\u0301\u0301', '\u00a0\t']) expect(await found(store, blank)).toEqual([]);
  });

  it('follows a changed name', async () => {
    const store = await open();
    const [id = ''] = await register(store, 'Before Wedding');
    await updateProfile(store.db, id, { fullName: 'After Wedding' }, systemClock);
    expect(await found(store, 'before w')).toEqual([]);
    expect(await found(store, 'after w')).toEqual(['After Wedding']);
  });

  it.each([
    ['a', 'string_too_short'],
    ['a'.repeat(51), 'string_too_long'],
    ['a\0b', 'value_error'],
    ['ab\ud800', 'string_unicode'],
  ])('refuses %j', async (search, type) => {
    const store = await open();
    const refusal = listAccounts(store.db, { search, limit: 5 });
    await expect(refusal).rejects.toMatchObject({
      status: 422,
      issues: [{ loc: ['query', 'search'], type }],
    });
  });
});
