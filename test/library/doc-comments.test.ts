import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../src/', import.meta.url);
const read = (url: URL): readonly string[] => readFileSync(url, 'utf8').split('\n');

/** Each exported name with the file that an index takes it from; `dependency.ts` passes on what `recipe.ts` declares. */
function exportsOf(index: string): readonly (readonly [string, URL])[] {
  const url = new URL(index, root);
  const lists = readFileSync(url, 'utf8').matchAll(/^export (?:type )?\{([^}]*)\} from '(\..*)\.js'/gm);
  return [...lists].flatMap(([, list = '', from = '']) =>
    list
      .split(',')
      .map((name) => name.replace(/^\s*(type )?/, '').trim())
      .filter((name) => name !== '')
      .map((name) => [name, new URL(`${from}.ts`, url)] as const),
  );
}

/** Whether a doc comment stands right above the declaration, or above where it is passed on from elsewhere. */
function isDocumented(name: string, file: URL): boolean {
  const lines = read(file);
  const declared = new RegExp(`^export .*\\b(function|const|class|interface|type) ${name}\\b`);
  const at = lines.findIndex((line) => declared.test(line));
  if (at !== -1) return /\*\/\s*$/.test(lines[at - 1] ?? '');
  const passed = lines.findIndex((line) => new RegExp(`^export .*\\{.*\\b${name}\\b.*\\} from`).test(line));
  const from = /from '(.*)\.js'/.exec(lines[passed] ?? '')?.[1];
  if (from !== undefined) return isDocumented(name, new URL(`${from}.ts`, file));
  return passed !== -1 && /\*\/\s*$/.test(lines[passed - 1] ?? '');
}

describe('what a consumer reads in an editor', () => {
  it.each(['index.ts', 'testing/index.ts'])('says of everything in %s what it is', (index) => {
    const names = exportsOf(index);
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter(([name, file]) => !isDocumented(name, file)).map(([name]) => name)).toEqual([]);
  });
});
