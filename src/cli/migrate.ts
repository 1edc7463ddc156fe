import { Command } from 'commander';
import { print, printJson } from './output.js';
import { withStore } from './with-store.js';

export const migrateCommand = (): Command =>
  new Command('migrate')
    .description('bring the database to this version (a start does it too)')
    .option('--json', 'as JSON')
    .action(({ json }: { readonly json?: boolean }) =>
      withStore(
        async ({ migrated }) => {
          if (json) printJson({ migrated });
          else
            print(
              migrated.length === 0
                ? 'nothing to migrate'
                : migrated.map((name) => `migrated: ${name}`).join('\n'),
            );
        },
        { mayMake: true },
      ),
    );
