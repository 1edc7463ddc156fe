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
