#!/usr/bin/env node
// `npm start`: installs and builds if needed, then becomes the server in this same process, so that signals reach it
// directly. Words after `--` go on to `sallyport serve`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { root, setUpOrExit } from './setup.mjs';

if (process.env.npm_lifecycle_event === 'start') endWithParent();
await setUpOrExit();
// From whatever folder it is called, the .env file and the data folder are the repository's, as under `npm start`.
process.chdir(root);
const main = join(root, 'dist', 'bin', 'sallyport.js');
if (!existsSync(main)) {
  process.stderr.write('sallyport: the build has no dist/bin/sallyport.js: delete dist and start again\n');
  process.exit(1);
}
process.argv = [process.argv[0], main, 'serve', ...process.argv.slice(2)];
await import(pathToFileURL(main).href);

/** A SIGTERM to npm ends only the shell between npm and us: we see that it is gone and stop gracefully, once. */
function endWithParent() {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 200).unref();
  const told = (signal) => {
    clearInterval(watch);
    // Nobody else listens yet: then the signal ends us, as it would have without this.
    if (process.listenerCount(signal) === 0) process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('SIGTERM', told).once('SIGINT', told);
}
