import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from '../../dist/base/errors.js';
import { Consumer, chaptersOf, readDocument, shows } from '../support/documents.js';

const chapters = ['docs/library.md', 'docs/from-fastapi.md', 'docs/deploy.md'].flatMap((path) =>
  chaptersOf(path),
);

describe('the documents of the library', () => {
  const consumer = new Consumer();
  const runs = chapters.filter((chapter) => chapter.runs);
  let told: readonly string[] = [];
  let printed: ReadonlyMap<string, string> = new Map();
  beforeAll(async () => {
    told = consumer.compile(chapters);
    printed = await consumer.runAll(runs);
  });
  afterAll(() => consumer.remove());

  it('compile strictly, against the package as a consumer has it', () => {
    expect(told).toEqual([]);
    expect(chapters.length).toBeGreaterThan(20);
  });

  it.each(runs.map(({ name, prints }) => [name, prints ?? '']))(
    '%s runs and prints what it shows',
    (name, prints) => {
      expect(printed.get(name)).toMatch(shows(prints));
    },
  );

  it('say of every run what it prints', () => {
    expect(chapters.filter(({ runs: run, prints }) => run !== (prints !== undefined))).toEqual([]);
  });
});

describe('docs/library.md', () => {
  const page = readDocument('docs/library.md');

  it.each(['src/index.ts', 'src/testing/index.ts'])('names everything that %s exports', (path) => {
    const lists = [...readDocument(path).matchAll(/^export (?:type )?\{([^}]*)\}/gm)];
    const names = lists
      .flatMap(([, list = '']) => list.split(','))
      .map((name) => name.replace(/^\s*(type )?/, '').trim())
      .filter((name) => name !== '');
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
  });

  it('lists every code of a refusal with its status, and no other', () => {
    const rows = [...page.matchAll(/^\| ((?:\d{3}, )*\d{3}) \| (.*) \|$/gm)];
    const listed = rows.flatMap(([, statuses = '', codes = '']) => {
      const groups = statuses.includes(',') ? codes.split('; ') : [codes];
      return statuses
        .split(', ')
        .flatMap((status, at) =>
          [...(groups[at] ?? '').matchAll(/`(\w+)`/g)].map(
            ([, code = '']) => [code, Number(status)] as const,
          ),
        );
    });
    const known = Object.entries(catalogue).map(([code, { status }]) => [code, status]);
    expect(listed.toSorted()).toEqual(known.toSorted());
  });
});
