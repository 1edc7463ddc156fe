// Puts the command and the libraries it loads into few files: a start then opens a dozen files instead of some seven hundred.
// Measured (docs/decisions/010-bundled-command.md): first answer 0.40 s instead of 0.68 s, 90 MB at rest instead of 111.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** They bring binaries, data or workers of their own, and so stay where npm put them. */
const external = [
  /^node:/,
  '@fastify/swagger-ui',
  '@node-rs/bcrypt',
  '@photostructure/sqlite',
  '@zxcvbn-ts/language-common',
  'pg',
  'pino',
  'piscina',
];

/** Worker threads are started by the name of their file, which must lie beside what starts them. */
const workersIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith('-worker.js'))
    .map((path) => [basename(path, '.js'), join(folder, path)]);

/** The bundle holds copies of packages whose licences ask that their words go with every copy. */
const licences = {
  name: 'licences',
  generateBundle(_options, made) {
    const modules = Object.values(made).flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
    const folders = modules.map((id) =>
      /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replaceAll('\\', '/')),
    );
    const packages = [...new Set(folders.flatMap((found) => found ?? []))].sort();
    const source = [...new Set(packages.map(noticeOf))].join(`\n${'-'.repeat(80)}\n\n`);
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENCES.txt', source });
  },
};

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), 'utf8').trim() : ''}\n`;
}

/** Reads the compiled `cli/main.js` of a build and writes `bin/sallyport.js` beside it, workers in the same folder. */
export async function bundle(folder) {
  const { rolldown } = await import('rolldown');
  const made = await rolldown({
    input: { sallyport: join(folder, 'cli', 'main.js'), ...Object.fromEntries(workersIn(folder)) },
    platform: 'node',
    external,
    plugins: [licences],
    logLevel: 'warn',
  });
  await made.write({
    dir: join(folder, 'bin'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'part-[name]-[hash].js',
  });
  await made.close();
}
