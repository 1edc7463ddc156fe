import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { installFlags, root, runNpm } from './run.js';

const { folder, tarball } = inject('packed');
const examples = join(root, 'examples');
const names = existsSync(examples)
  ? readdirSync(examples, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    )
  : [];
const leftBehind = ['node_modules', 'dist', '.sallyport'];

describe('examples', () => {
  it('are packages, each by itself', () => {
    expect(names.filter((name) => !existsSync(join(examples, name, 'package.json')))).toEqual([]);
  });

  it.each(names)(
    '%s installs the tarball, builds and passes its tests',
    async (name) => {
      const cwd = join(folder, 'examples', name);
      const filter = (path: string) => !leftBehind.some((one) => path.endsWith(`${sep}${one}`));
      cpSync(join(examples, name), cwd, { recursive: true, filter });
      await runNpm(['install', ...installFlags, tarball], { cwd });
      await runNpm(['run', 'build'], { cwd });
      await runNpm(['test'], { cwd });
    },
    180_000,
  );
});
