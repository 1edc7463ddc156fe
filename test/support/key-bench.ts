import { expect } from 'vitest';
import type { LibraryApp } from './library.js';

interface MadeKey {
  readonly id: string;
  readonly key: string;
  readonly scopes: readonly string[];
  readonly expires_at: string;
  readonly created_at: string;
}

/** What tests of API keys do: make one, and ask by it. */
export function keyBench(get: () => LibraryApp) {
  const make = async (token: string, wish: object = {}) => {
    const answer = await get().call('POST', '/api-keys', { token, json: { name: 'report', ...wish } });
    expect([answer.status, answer.text]).toEqual([201, answer.text]);
    return answer.json as MadeKey;
  };
  const by = (key: string) => ({ headers: { 'x-api-key': key } });
  const ask = async (key: string, path: string, method = 'GET') =>
    (await get().call(method, path, by(key))).status;
  const setRole = (id: string, role: string) =>
    get().app.store.db.updateTable('sallyport_accounts').set({ role }).where('id', '=', id).execute();
  return { make, by, ask, setRole };
}
