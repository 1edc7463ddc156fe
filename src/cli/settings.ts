import { Command } from 'commander';
import { loadSettings } from '../settings/load-settings.js';
import { print, printError, printJson, table } from './output.js';

/** The effective value of every setting and where it comes from. Secrets stay hidden. */
export const settingsCommand = (): Command =>
  new Command('settings')
    .description('show the effective settings and their source')
    .option('--json', 'as JSON')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { sources, warnings } = await loadSettings();
      if (json) {
        printJson({ settings: sources, warnings });
        return;
      }
      print(
        table([
          ['NAME', 'VALUE', 'SOURCE'],
          ...sources.map(({ name, value, source }) => [name, value, source]),
        ]),
      );
      for (const warning of warnings) printError(`warning: ${warning}`);
    });
