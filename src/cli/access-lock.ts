import type { RouteRow } from '../access/gate.js';

const heading = [
  '# Who may call what, and how often. Written by `sallyport routes --write`; checked by `sallyport routes --check`.',
  '# A change here is a change of who may do what: review it as such.',
];

/** A plugin's `/` below a prefix is served with the slash and without: one route. */
const bare = (path: string): string => (path.length > 1 ? path.replace(/\/$/, '') : path);

/** HEAD twins that follow their GET say nothing of their own; one that differs is a route like any other. */
const isTwin = (row: RouteRow, rows: readonly RouteRow[]): boolean =>
  row.method === 'HEAD' &&
  rows.some(
    (get) =>
      get.method === 'GET' &&
      bare(get.path) === bare(row.path) &&
      accessOf(get) === accessOf(row) &&
      limitOf(get) === limitOf(row),
  );

const accessOf = ({ access }: RouteRow): string => (access === 'public' ? 'public' : access.join(' + '));

function limitOf({ limit }: RouteRow): string {
  if (limit === undefined) return '';
  const by = limit.key === 'address' ? ' by address' : '';
  return `${limit.requests} in ${limit.window} s${by}`;
}

const byPath = (one: RouteRow, other: RouteRow): number =>
  compare(one.path, other.path) || compare(one.method, other.method);

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** One line a route, in the order of paths whatever the order of registration. */
export function routeLines(rows: readonly RouteRow[]): readonly (readonly string[])[] {
  return rows
    .filter((row) => !isTwin(row, rows))
    .toSorted(byPath)
    .map((row) => [row.method, row.path, accessOf(row), limitOf(row)]);
}

/** The text of access.lock. */
export function lockText(rows: readonly RouteRow[]): string {
  const lines = routeLines(rows).map((cells) => cells.filter((cell) => cell !== '').join('  '));
  return `${[...heading, '', ...lines].join('\n')}\n`;
}

export interface LockDifference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** What stands in one text and not in the other; comments, blank lines, order and line ends do not count. */
export function compareLocks(committed: string, current: string): LockDifference {
  const before = linesOf(committed);
  const now = linesOf(current);
  return {
    added: [...now].filter((line) => !before.has(line)),
    removed: [...before].filter((line) => !now.has(line)),
  };
}

const linesOf = (text: string): ReadonlySet<string> =>
  new Set(
    text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#')),
  );
