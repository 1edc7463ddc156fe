// `npm run dev`: builds on every change of src or .env and restarts the server. Sources that do not compile leave the
// running server alone until they do.
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { root, SetUpFailed, setUp, setUpOrExit } from './setup.mjs';
import { sourceHash } from './source-hash.mjs';

const main = join(root, 'dist', 'bin', 'sallyport.js');
let server;

await setUpOrExit();
let last = state();
serve();
process.once('SIGINT', () => quit('SIGINT')).once('SIGTERM', () => quit('SIGTERM'));
poll();

/** Asked anew, not watched: fs.watch loses a file that an editor replaces (Node 20 on Linux) and knows no network folder. */
function state() {
  const settings = readdirSync(root).filter((name) => name.startsWith('.env'));
  return [sourceHash(root), ...settings.map((name) => `${name} ${statSync(join(root, name)).mtimeMs}`)].join(
    '\n',
  );
}

async function poll() {
  try {
    const now = state();
    if (now !== last) {
      last = now;
      await restart();
    }
  } catch (error) {
    // A file that vanished while it was read: the next look sees what became of it.
    if (error.code !== 'ENOENT') throw error;
  }
  setTimeout(poll, 400);
}

async function restart() {
  try {
    await setUp();
  } catch (error) {
    process.stderr.write(`sallyport: ${error instanceof SetUpFailed ? error.message : error.stack}\n`);
    return;
  }
  await stop('SIGTERM');
  serve();
}

function serve() {
  const child = spawn(process.execPath, [main, 'serve', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  server = { child, ended };
}

async function stop(signal) {
  server.child.kill(signal);
  await server.ended;
}

async function quit(signal) {
  await stop(signal);
  process.exit(0);
}
