import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import type { RouteRow } from '../access/gate.js';
import { command } from '../base/command.js';
import { ConfigurationError } from '../base/errors.js';
import { compareLocks, lockText, routeLines } from './access-lock.js';
import { loadApp } from './load-app.js';
import { exitCode, print, printJson, table } from './output.js';

interface RoutesOptions {
  readonly check?: string;
  readonly write?: string;
  readonly json?: boolean;
}

/** Who may call what, and how often: of the server, or of an application that is built on the library. */
export const routesCommand = (): Command =>
  new Command('routes')
    .description('print route × access × limit, of this server or of your built application')
    .argument('[module]', 'a built module that makes your application: ./dist/app.js')
    .option('--check <file>', 'end with 1 where the routes differ from this file')
    .option('--write <file>', 'write this file')
    .option('--json', 'as JSON')
    .action(routes);

async function routes(module: string | undefined, options: RoutesOptions): Promise<void> {
  const app = await loadApp(module);
  const rows = app.routes();
  await app.close();
  if (options.check !== undefined) check(options.check, rows, module, options.json === true);
  else if (options.write !== undefined) write(options.write, rows);
  else if (options.json) printJson(rows.map(({ limit = null, ...row }) => ({ ...row, limit })));
  else print(table([['METHOD', 'PATH', 'ACCESS', 'LIMIT'], ...routeLines(rows)]));
}

function write(file: string, rows: readonly RouteRow[]): void {
  writeFileSync(file, lockText(rows));
  print(`wrote ${file}: ${routeLines(rows).length} routes`);
}

function check(file: string, rows: readonly RouteRow[], module: string | undefined, json: boolean): void {
  const again = [command, 'routes', ...(module === undefined ? [] : [module]), '--write', file].join(' ');
  if (!existsSync(file))
    throw new ConfigurationError('ERR_NO_LOCK', `there is no ${file}. Make it, and commit it: ${again}`);
  const { added, removed } = compareLocks(readFileSync(file, 'utf8'), lockText(rows));
  const differs = added.length > 0 || removed.length > 0;
  if (differs) process.exitCode = exitCode.failed;
  if (json) printJson({ differs, added, removed });
  else if (!differs) print(`${file} is what the application has: ${routeLines(rows).length} routes`);
  else
    print(
      [
        `${file} differs from the application. Is this meant?`,
        ...removed.map((line) => `- ${line}`),
        ...added.map((line) => `+ ${line}`),
        `If it is: ${again}`,
      ].join('\n'),
    );
}
