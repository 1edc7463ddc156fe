// Puts the command and the libraries it loads into few files: a start then opens a dozen files instead of some seven hundred.
// Measured (docs/decisions/010-bundled-command.md): first answer 0.40 s instead of 0.68 s, 90 MB at rest instead of 111.
import { join } from 'node:path';

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

/** Reads the compiled `cli/main.js` of a build and writes `bin/sallyport.js` beside it, the hashing worker in the same folder. */
export async function bundle(folder) {
  const { rolldown } = await import('rolldown');
  const made = await rolldown({
    input: {
      sallyport: join(folder, 'cli', 'main.js'),
      'password-hash-worker': join(folder, 'accounts', 'password-hash-worker.js'),
    },
    platform: 'node',
    external,
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
