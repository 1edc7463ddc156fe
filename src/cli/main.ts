#!/usr/bin/env node
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { command } from '../base/command.js';
import { exitCode, explain, outliveReaders, printError, UsageError } from './output.js';

/** Each loads what it needs itself: printing a secret does not wait for a web server. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.js')).serveCommand(),
  users: async () => (await import('./users.js')).usersCommand(),
  settings: async () => (await import('./settings.js')).settingsCommand(),
  migrate: async () => (await import('./migrate.js')).migrateCommand(),
  openapi: async () => (await import('./openapi.js')).openapiCommand(),
  secret: async () => (await import('./secret.js')).secretCommand(),
  routes: async () => (await import('./routes.js')).routesCommand(),
};

async function createProgram(asked: string | undefined): Promise<Command> {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  const program = new Command(command)
    .description('A guarded entrance for your API: accounts, tokens, roles, limits and hardening')
    .version(version);
  const one = asked !== undefined && Object.hasOwn(commands, asked) ? commands[asked] : undefined;
  for (const make of one ? [one] : Object.values(commands)) program.addCommand(await make());
  for (const each of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands: inner }) => inner),
  ])
    each.exitOverride().showHelpAfterError(`(${pathOf(each)} --help says how)`);
  return program;
}

const pathOf = (each: Command): string =>
  each.parent ? `${pathOf(each.parent)} ${each.name()}` : each.name();

outliveReaders();
try {
  const program = await createProgram(process.argv[2]);
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? exitCode.done : exitCode.usage;
  else {
    printError(explain(error));
    process.exitCode = error instanceof UsageError ? exitCode.usage : exitCode.failed;
  }
}
