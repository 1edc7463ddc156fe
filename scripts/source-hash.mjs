// What a build is made of.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// The lock file too: the bundle holds copies of packages, and an old one must not outlive its mend.
const ingredients = [
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  join('scripts', 'bundle.mjs'),
  join('node_modules', 'typescript', 'package.json'),
];

const filesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesIn(path) : [path];
    });

/** Every file under src/, in one order on every system. */
export const sourceFiles = (root) => filesIn(join(root, 'src'));

/** As one hash, so that an older checkout is rebuilt, too. */
export function sourceHash(root) {
  const hash = createHash('sha256');
  for (const path of [...ingredients.map((name) => join(root, name)), ...sourceFiles(root)]) {
    hash.update(`\0${path.slice(root.length).replaceAll('\\', '/')}\0`);
    if (existsSync(path)) hash.update(readFileSync(path));
  }
  return hash.digest('hex');
}
