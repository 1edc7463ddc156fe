import { expect, test } from 'vitest';
import { checkHouseRules } from '../../scripts/house-rules.mjs';
import { sampleTree } from './sample-tree.js';

const refused = (files: Record<string, string>) =>
  checkHouseRules(sampleTree(files)).map(({ file, line }) => `${file}:${line}`);

test('300 lines pass, 301 do not', () => {
  const files = {
    'src/base/a.ts': '\n'.repeat(300),
    'src/base/b.ts': '\n'.repeat(301),
    'test/c.ts': '\n'.repeat(400),
  };
  expect(refused(files)).toEqual(['src/base/b.ts:301', 'test/c.ts:301']);
});

test('a silenced compiler is refused wherever it stands; tests of types may expect an error', () => {
  const directive = (word: string) => `const a = 1;\n// @ts-${word}\nconst b = 2;\n`;
  const files = {
    'src/base/a.ts': directive('ignore'),
    'src/base/b.ts': directive('nocheck'),
    'src/base/c.ts': directive('expect-error'),
    'test/types/d.ts': directive('expect-error'),
    'test/types/e.ts': `const text = '// @ts-${'ignore'}';\n`,
  };
  expect(refused(files)).toEqual(['src/base/a.ts:2', 'src/base/b.ts:2', 'src/base/c.ts:2']);
});

test('a name for leftovers is refused', () => {
  const files = {
    'src/utils/a.ts': '',
    'src/base/helpers.ts': '',
    'src/base/common.ts': '',
    'src/base/common-passwords.ts': '',
  };
  expect(refused(files)).toEqual(['src/base/common.ts:1', 'src/base/helpers.ts:1', 'src/utils/a.ts:1']);
});

test('what the access room exports has a doc comment directly above', () => {
  const files = {
    'src/access/a.ts': [
      'export const a = 1;',
      '/** Says what it does. */',
      'export const b = 1;',
      '// No doc comment.',
      'export function c(): void {}',
      '/** Too far away. */',
      '',
      'export class D {}',
      '/**',
      ' * Two lines.',
      ' */',
      'export async function e(): Promise<void> {}',
      '/** The first of two overloads. */',
      'export function f(): void;',
      'export function f(one?: string): void {}',
      'export interface G {}',
      'export type H = string;',
      'export abstract class I {}',
      '/* No doc comment either. */',
      'export enum J {}',
      'const k = 1;',
      "export { type L } from './l.js';",
      '',
    ].join('\n'),
    'src/base/b.ts': 'export const a = 1;\n',
  };
  expect(refused(files)).toEqual([1, 5, 8, 16, 17, 18, 20].map((line) => `src/access/a.ts:${line}`));
});
