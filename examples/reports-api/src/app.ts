import { createSecureApp, type SecureApp } from 'sallyport';
import { access } from './access.js';
import { keepPublished } from './reports-queries.js';
import { addReportRoutes } from './reports-routes.js';
import { migrateReports } from './reports-table.js';

/** What `npm start` serves. `sallyport routes ./dist/app.js` calls it too, to look at its routes. */
export const createApp = async (): Promise<SecureApp> => addReports(await createSecureApp({ access }));

/** Ours on top of Sallyport's. Apart, so that a test can hand in the application it made. */
export async function addReports<App extends SecureApp>(app: App): Promise<App> {
  await migrateReports(app.store);
  app.on('account.deleted', ({ tx, account }) => keepPublished(tx, account.id));
  addReportRoutes(app);
  return app;
}
