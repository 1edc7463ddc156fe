import { beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/connection.js';
import { searchCondition } from '../../src/store/search.js';
import { describeEachStore } from '../support/stores.js';
import { accountRow, insertAccount, raw, removeAccounts } from './accounts.js';

const names = {
  anna: 'anna-maria becker',
  bert: 'o\'neill "bob" bert',
  carl: '100% carl_gustav',
  dora: 'dora \\ back*slash',
  emil: 'émile zola',
  kana: '山田太郎 やまだ',
  near: 'near(one two) and not or',
  star: 'a*b^c:d {e} +f',
} as const;

describeEachStore('search', ({ open }) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
    for (const [id, search_text] of Object.entries(names)) await insertAccount(store.db, id, { search_text });
  });

  async function search(term: string): Promise<string[]> {
    const condition = await searchCondition(store.db, term);
    const rows = await store.db
      .selectFrom('sallyport_accounts')
      .select('id')
      .where(condition)
      .orderBy('id')
      .execute();
    return rows.map(({ id }) => id);
  }

  test.each([
    ['bec', ['anna']],
    ['na-ma', ['anna']],
    ['ria be', ['anna']],
    ['mile', ['emil']],
    ['山田太', ['kana']],
    ['o b', [] as string[]],
    ['one', ['near']],
    ['xyz', []],
  ])('%j anywhere in a name finds %j', async (term, ids) => {
    expect(await search(term)).toEqual(ids);
  });

  test.each([
    ['be', ['anna', 'bert']],
    ['zo', ['emil']],
    ['ém', ['emil']],
    ['ec', []],
    ['山田', ['kana']],
  ])('two characters %j: the beginnings of words, %j', async (term, ids) => {
    expect(await search(term)).toEqual(ids);
  });

  test.each([
    ['%%', []],
    ['0% ', ['carl']],
    ['___', []],
    ['l_g', ['carl']],
    ['l-g', []],
    ['a \\', ['dora']],
    ['k*s', ['dora']],
    ['*b^', ['star']],
    ['ann*', []],
  ])('%j holds no wildcard: %j', async (term, ids) => {
    expect(await search(term)).toEqual(ids);
  });

  test.each([
    ['"bob"', ['bert']],
    ["o'neill", ['bert']],
    ['near(one two)', ['near']],
    ['words:anna', []],
    ['anna OR bert', []],
    ['anna" OR words MATCH "bert', []],
    ['{e} +f', ['star']],
    ["'; drop table sallyport_accounts; --", []],
    ['") or 1=1 --', []],
    ['a\0b', []],
    ['', []],
    ['"""', []],
    ['\ud800ab', []],
  ])('attack: %j is plain text: %j', async (term, ids) => {
    expect(await search(term)).toEqual(ids);
    expect(await search('bec')).toEqual(['anna']);
  });

  test('follows changes and deletions of names', async () => {
    await insertAccount(store.db, 'zoe', { search_text: 'zoe quill' });
    expect(await search('quil')).toEqual(['zoe']);
    await store.db
      .updateTable('sallyport_accounts')
      .set({ search_text: 'zoe pen' })
      .where('id', '=', 'zoe')
      .execute();
    expect(await search('quil')).toEqual([]);
    expect(await search('pen')).toEqual(['zoe']);
    await store.db.deleteFrom('sallyport_accounts').where('id', '=', 'zoe').execute();
    expect(await search('pen')).toEqual([]);
  });

  test('finds the same whether few or many names hold the term', async () => {
    const many = Array.from({ length: 600 }, (_, index) =>
      accountRow(`m${String(index).padStart(3, '0')}`, {
        search_text: `common ${index % 2 === 0 ? 'even' : 'odd'}`,
      }),
    );
    await store.db.insertInto('sallyport_accounts').values(many).execute();
    expect(await search('common')).toEqual(many.map(({ id }) => id));
    expect(await search('mon eve')).toEqual(many.filter((_, index) => index % 2 === 0).map(({ id }) => id));
    await removeAccounts(store.db);
    expect(await search('common')).toEqual([]);
  });

  test('the index itself stays sound', async () => {
    if (store.engine === 'sqlite') {
      await raw(
        store.db,
        `insert into sallyport_accounts_search (sallyport_accounts_search, rank) values ('integrity-check', 1)`,
      );
    } else {
      const plan = await raw<{ indexdef: string }>(
        store.db,
        `select indexdef from pg_indexes where indexname = 'sallyport_accounts_search'`,
      );
      expect(plan.rows[0]?.indexdef).toContain('gin_trgm_ops');
    }
  });
});
