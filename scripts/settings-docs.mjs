// Writes docs/settings.md and .env.example from the table of settings. Needs a build: npx tsc -p tsconfig.build.json
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = new URL('../', import.meta.url);
const built = process.argv[2] ?? fileURLToPath(new URL('dist/settings/settings-page.js', root));

const { envExample, settingsPage } = await import(pathToFileURL(built).href).catch(() => {
  console.error(`There is no ${built}. Build first: npx tsc -p tsconfig.build.json`);
  process.exit(1);
});

writeFileSync(new URL('docs/settings.md', root), settingsPage());
writeFileSync(new URL('.env.example', root), envExample());
