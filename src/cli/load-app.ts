import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError } from '../base/errors.js';
import { createSecureApp } from '../library/create-secure-app.js';
import { beginInspection } from '../library/inspection.js';
import type { SecureApp } from '../library/secure-app.js';

const fail = (problem: string): never => {
  throw new ConfigurationError('ERR_APP_MODULE', problem);
};

/** What an application's module prints while it is loaded goes to stderr: stdout is the table's alone. */
async function withStdoutAside<T>(work: () => Promise<T>): Promise<T> {
  const { write } = process.stdout;
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof write;
  try {
    return await work();
  } finally {
    process.stdout.write = write;
  }
}

/**
 * Sallyport's own routes, or those of the application that a built module makes: when it is loaded, or by the function it
 * exports as `createApp` or `default`. It gets a database in memory and no environment, and listens nowhere.
 */
export async function loadApp(module: string | undefined): Promise<SecureApp> {
  const inspection = beginInspection<SecureApp>();
  if (module === undefined) {
    const app = await createSecureApp();
    await app.ready();
    return app;
  }
  const file = resolve(module);
  if (!existsSync(file))
    fail(`there is no file ${file}: build the application first, and name its built module`);
  await withStdoutAside(() => makeApp(file));
  const [app, ...others] = inspection.apps;
  if (app === undefined)
    return fail(
      `${module} makes no application: let it call createSecureApp() when it is loaded, or export a function createApp that does`,
    );
  if (others.length > 0)
    fail(`${module} makes ${others.length + 1} applications: name a module that makes one`);
  await withStdoutAside(() => app.ready());
  return app;
}

async function makeApp(file: string): Promise<void> {
  const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const make = [exported['createApp'], exported['default']].find((one) => typeof one === 'function');
  if (typeof make === 'function' && !exportsApp(exported)) await make();
}

/** A module that made its application already exports it, or nothing at all. */
const exportsApp = ({ app }: Record<string, unknown>): boolean => typeof app === 'object' && app !== null;
