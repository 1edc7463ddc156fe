#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { migrateCommand } from './migrate.js';
import { openapiCommand } from './openapi.js';
import { exitCode, explain, printError } from './output.js';
import { secretCommand } from './secret.js';
import { serveCommand } from './serve.js';
import { settingsCommand } from './settings.js';
import { usersCommand } from './users.js';

const program = new Command('sallyport')
  .description('A guarded entrance for your API: accounts, tokens, roles, limits and hardening')
  .showHelpAfterError('(sallyport --help lists the commands)')
  .exitOverride();

for (const make of [
  serveCommand,
  usersCommand,
  settingsCommand,
  migrateCommand,
  openapiCommand,
  secretCommand,
])
  program.addCommand(make());
for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
  command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? exitCode.done : exitCode.usage;
  else {
    printError(explain(error));
    process.exitCode = exitCode.failed;
  }
}
