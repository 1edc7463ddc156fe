import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The TypeScript of a document. The blocks under one heading are one module: a reader reads them as one, too. */
export interface Chapter {
  readonly heading: string;
  /** The module's name without its ending: `library-routes`. */
  readonly name: string;
  /** Blank where the document has no TypeScript, so that line numbers are the document's own. */
  readonly code: string;
  /** A block of it is marked `ts run`. */
  readonly runs: boolean;
  /** What the chapter says that it prints, as a `text` block; undefined where it says nothing. */
  readonly prints: string | undefined;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

export const readDocument = (path: string): string => readFileSync(join(root, path), 'utf8');

/** `only`: of these headings alone. */
export function chaptersOf(path: string, only?: readonly string[]): readonly Chapter[] {
  const lines = readDocument(path).split('\n');
  const chapters: Chapter[] = [];
  let heading = '';
  let at = { code: [] as string[], runs: false, text: undefined as string[] | undefined };
  let fence: string | undefined;
  const close = () => {
    if (at.code.some((line) => line !== '') && (only?.includes(heading) ?? true)) {
      const file = path.replace(/^.*\/|\.md$/g, '');
      const name = `${file}-${heading}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
      chapters.push({ heading, name, code: at.code.join('\n'), runs: at.runs, prints: at.text?.join('\n') });
    }
  };
  lines.forEach((line, number) => {
    if (fence === undefined && /^#+ /.test(line)) {
      close();
      heading = line.replace(/^#+ /, '');
      at = { code: Array(number).fill(''), runs: false, text: undefined };
    }
    if (line.startsWith('```')) {
      fence = fence === undefined ? line.slice(3).trim() : undefined;
      if (fence === 'ts run') at.runs = true;
      if (fence === 'text') at.text = [];
      at.code.push('');
      return;
    }
    at.code.push(fence?.split(' ')[0] === 'ts' ? line : '');
    if (fence === 'text') at.text?.push(line);
  });
  close();
  return chapters;
}

/** A folder in which `sallyport` is installed as a consumer has it: by the package's own `exports`. */
export class Consumer {
  readonly folder: string;

  constructor() {
    const cache = join(root, 'node_modules', '.cache');
    mkdirSync(cache, { recursive: true });
    this.folder = mkdtempSync(join(cache, 'documents-'));
    mkdirSync(join(this.folder, 'node_modules'));
    symlinkSync(root, join(this.folder, 'node_modules', 'sallyport'), 'junction');
    writeFileSync(join(this.folder, 'package.json'), '{ "type": "module", "private": true }');
  }

  /** What the compiler says against these modules, strictly, line by line; nothing where they are right. */
  compile(chapters: readonly Chapter[]): readonly string[] {
    for (const { name, code } of chapters) writeFileSync(join(this.folder, `${name}.ts`), code);
    const compilerOptions = {
      target: 'ES2023',
      lib: ['ES2023', 'ESNext.Disposable'],
      module: 'NodeNext',
      types: ['node'],
      typeRoots: [join(root, 'node_modules', '@types')],
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      verbatimModuleSyntax: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      skipLibCheck: true,
    };
    writeFileSync(join(this.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const told = spawnSync(process.execPath, [tsc, '-p', this.folder, '--pretty', 'false'], {
      cwd: this.folder,
      encoding: 'utf8',
    });
    return told.stdout.split('\n').filter((line) => line !== '');
  }

  /** A compiled module as a program, with an empty folder as its working folder and no log. */
  start(file: string, env: Readonly<Record<string, string>> = {}) {
    return spawn(process.execPath, [join(this.folder, file)], {
      cwd: mkdtempSync(join(this.folder, 'run-')),
      env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'silent', SECURITY_HASH_THREADS: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /**
   * What each prints, or what it dies of. One process for all, which must end by itself: loading the package again for
   * each costs more than all that they do.
   */
  async runAll(chapters: readonly Chapter[]): Promise<ReadonlyMap<string, string>> {
    const files = chapters.map(({ name }) => `./${name}.js`);
    writeFileSync(join(this.folder, 'run-all.mjs'), runAll(files));
    const child = this.start('run-all.mjs');
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (printed += String(chunk)));
    await new Promise((resolve) => child.on('close', resolve));
    const parts = printed.split(/^--- \.\/(.*)\.js\n/m);
    return new Map(chapters.map(({ name }) => [name, parts[parts.indexOf(name) + 1]?.trim() ?? printed]));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const runAll = (files: readonly string[]): string => `
import { mkdtempSync } from 'node:fs';
import { inspect } from 'node:util';
const home = process.cwd();
for (const file of ${JSON.stringify(files)}) {
  console.log('--- ' + file);
  process.chdir(mkdtempSync(home + '/chapter-'));
  await import(file).catch((error) => console.log(inspect(error)));
}
`;

/** What a document shows: `…` stands for anything within a line. */
export const shows = (text: string): RegExp =>
  new RegExp(
    `^${text
      .trim()
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*?')}$`,
  );
