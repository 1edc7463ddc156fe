import type { FastifyInstance } from 'fastify';
import { type AccountsOptions, accounts } from '../../dist/index.js';
import { type Caller, existingApp, existingSettings, listen } from './existing.js';

/** An application that takes nothing but the accounts. */
export async function withAccounts(
  more: (app: FastifyInstance) => void = () => undefined,
  options: Omit<AccountsOptions, 'settings'> = {},
): Promise<{ readonly app: FastifyInstance; readonly to: Caller }> {
  const app = existingApp();
  await app.register(accounts, { settings: await existingSettings(), ...options });
  more(app);
  return { app, to: await listen(app) };
}

/** What an operator does on the command line. */
export const promote = (app: FastifyInstance, username: string, role: string) =>
  app.sallyport.store.db
    .updateTable('sallyport_accounts')
    .set({ role })
    .where('username', '=', username)
    .execute();
