// Installs and builds when needed; shared by `npm start`, `npm test` and `npm run dev`. Plain Node, no dependency:
// it runs before there is a node_modules. When nothing is to be done it touches no network and writes nothing.
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle } from './bundle.mjs';
import { sourceFiles, sourceHash } from './source-hash.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const modules = join(root, 'node_modules');
const installStamp = join(modules, '.sallyport-install');
const buildStamp = join(dist, '.build-stamp');
// The lock of a set-up and the folder that it builds in: made by mkdir, becomes dist by a rename, ignored by git.
const workshop = join(root, '.setup');
const platformName = `${platform()}-${arch()}`;

/** A step failed in a way that a person can mend: the message says how. */
export class SetUpFailed extends Error {}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (line) => process.stderr.write(`sallyport: ${line}\n`);

/** Brings node_modules and dist up to date. Safe to run twice at once; throws SetUpFailed. */
export async function setUp() {
  assertNode(process.versions.node);
  if (isInstalled() && isBuilt()) return;
  await withWorkshop(async (signal) => {
    if (!isInstalled()) await install(signal);
    if (!isBuilt()) await build(signal);
  });
}

/** Node 20.19 is the first whose `require` takes an ES module, which the packages need. */
export function assertNode(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetUpFailed(
    `needs Node 20.19 or newer, this is ${version}: install a current one (https://nodejs.org)`,
  );
}

/** Runs set-up as the whole of a command: a failure is one line and exit code 1. */
export async function setUpOrExit() {
  try {
    await setUp();
  } catch (error) {
    say(error instanceof SetUpFailed ? error.message : (mend(error, root) ?? String(error?.stack)));
    process.exit(1);
  }
}

/** npm's own record of what it installed must hold everything that the lock file asks for, for this platform. */
function isInstalled() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const present = readJson(join(modules, '.package-lock.json'))?.packages;
  if (!wanted)
    throw new SetUpFailed(
      `package-lock.json is missing or damaged in ${root}: restore it from the repository`,
    );
  if (!present || (readText(installStamp) ?? platformName) !== platformName) return false;
  return Object.entries(wanted).every(([path, { version, integrity, optional, devOptional }]) => {
    if (!path.startsWith('node_modules/') || optional || devOptional) return true;
    const found = present[path];
    return found !== undefined && found.version === version && found.integrity === integrity;
  });
}

async function install(signal) {
  say('installing the packages that package-lock.json names (a minute at most on most lines) …');
  const flags = ['--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  const args = ['ci', ...flags, '--loglevel=error', '--fetch-retry-mintimeout=1000'];
  const npm = findNpm();
  const { code, errors } = await run(npm.command, [...npm.args, ...args], { signal, shell: npm.shell });
  if (code !== 0) throw new SetUpFailed(`the packages could not be installed: ${whyNpmFailed(errors)}`);
  fs.writeFileSync(installStamp, platformName);
}

/** npm's script run by this same Node needs no shell; npm.cmd on Windows does, and then no argument has a blank. */
export function findNpm() {
  const besideNode = dirname(process.execPath);
  const known = [
    process.env.npm_execpath ?? '',
    join(besideNode, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(besideNode, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  const script = known.find((path) => basename(path) === 'npm-cli.js' && fs.existsSync(path));
  if (script) return { command: process.execPath, args: [script], shell: false };
  const windows = platform() === 'win32';
  return { command: windows ? 'npm.cmd' : 'npm', args: [], shell: windows };
}

function whyNpmFailed(errors) {
  if (/ENOSPC/.test(errors)) return 'the disk is full: make room and start again';
  if (/EACCES|EPERM|EROFS/.test(errors)) {
    return `no permission to write to ${modules} or to npm's cache: give this user the folder, or end what holds its files`;
  }
  if (/ENOENT/.test(errors) && /spawn/.test(errors))
    return 'npm was not found: it comes with Node, install it again';
  if (/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONN|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|ENOTCACHED/.test(errors)) {
    return 'the package registry cannot be reached: check the network (or `npm config get registry`, `proxy`) and start again';
  }
  if (/EUSAGE/.test(errors))
    return 'package.json and package-lock.json differ: run `npm install`, then start again';
  return 'npm says why above; start again when it is mended';
}

/** A hash of every source, so that an older checkout is rebuilt too. Without sources (a deployed build) nothing is built. */
function isBuilt() {
  if (!fs.existsSync(join(root, 'src'))) return fs.existsSync(dist);
  return readText(buildStamp) === sourceHash(root);
}

async function build(signal) {
  say('building …');
  const stamp = sourceHash(root);
  const tsc = join(modules, 'typescript', 'bin', 'tsc');
  const { code } = await run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', '.setup'], {
    signal,
  });
  if (code !== 0)
    throw new SetUpFailed('the sources do not compile: mend what is listed above and start again');
  for (const path of sourceFiles(root).filter((name) => !name.endsWith('.ts'))) {
    const target = join(workshop, path.slice(join(root, 'src').length));
    fs.mkdirSync(dirname(target), { recursive: true });
    fs.copyFileSync(path, target);
  }
  await bundle(workshop);
  fs.writeFileSync(join(workshop, '.build-stamp'), stamp);
  const old = join(modules, `.sallyport-old-${process.pid}`);
  if (fs.existsSync(dist)) await move(dist, old);
  for (const name of ['.gitignore', '.owner']) fs.rmSync(join(workshop, name), { force: true });
  await move(workshop, dist);
  fs.rmSync(old, { recursive: true, force: true });
}

/** On Windows a virus scanner may hold a fresh folder for a moment. */
async function move(from, to) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return fs.renameSync(from, to);
    } catch (error) {
      if (platform() !== 'win32' || attempt === 20 || !['EPERM', 'EBUSY', 'EACCES'].includes(error.code))
        throw error;
      await pause(100);
    }
  }
}

/** Holds the workshop while the work runs; a second set-up waits here and then finds everything done. */
async function withWorkshop(work) {
  const stop = new AbortController();
  const quit = (name) => stop.abort(name);
  await takeWorkshop();
  process.once('SIGINT', quit).once('SIGTERM', quit);
  try {
    await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    process.off('SIGINT', quit).off('SIGTERM', quit);
    if (readText(join(workshop, '.owner')) === String(process.pid))
      fs.rmSync(workshop, { recursive: true, force: true });
  }
  if (stop.signal.aborted) process.exit(stop.signal.reason === 'SIGINT' ? 130 : 143);
}

async function takeWorkshop() {
  for (let waited = 0; !tryWorkshop(); waited += 1) {
    if (waited === 0) say(`another set-up is at work; waiting for it (if none is, delete ${workshop}) …`);
    if (waited > 3000)
      throw new SetUpFailed(`another set-up has not ended in ten minutes: end it or delete ${workshop}`);
    clearDeadWorkshop();
    await pause(200);
  }
}

function tryWorkshop() {
  try {
    fs.mkdirSync(workshop);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  fs.writeFileSync(join(workshop, '.owner'), String(process.pid));
  fs.writeFileSync(join(workshop, '.gitignore'), '*\n');
  return true;
}

/** Its owner was killed: the folder is moved away first, so that of two who see this only one removes it. */
function clearDeadWorkshop() {
  const owner = readText(join(workshop, '.owner'));
  if (owner ? isAlive(Number(owner)) : isYoung(workshop)) return;
  const grave = `${workshop}-${process.pid}`;
  try {
    fs.renameSync(workshop, grave);
  } catch {
    return;
  }
  if (readText(join(grave, '.owner')) === owner) fs.rmSync(grave, { recursive: true, force: true });
  else fs.renameSync(grave, workshop);
}

/** Without an owner it is either just being made, or what a compiler that was ended wrote after us. */
function isYoung(folder) {
  return Date.now() - (fs.statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 5000;
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs a program in the root, shows what it prints, tells every 15 s that it is still at work, and keeps its errors. */
function run(command, args, { signal, shell = false }) {
  return new Promise((resolve) => {
    let errors = '';
    const began = Date.now();
    const child = spawn(command, args, {
      cwd: root,
      shell,
      stdio: ['ignore', 'inherit', 'pipe'],
      windowsHide: true,
    });
    const beat = setInterval(
      () => say(`still at it, ${Math.round((Date.now() - began) / 1000)} s …`),
      15_000,
    );
    signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
      process.stderr.write(chunk);
    });
    const end = (code) => resolve(clearInterval(beat) ?? { code, errors });
    child.on('error', (error) => {
      errors += error.message;
      end(1);
    });
    child.on('close', (code) => end(code ?? 1));
  });
}

/** The file system's refusals in words. */
function mend(error, where) {
  if (error?.code === 'ENOSPC') return 'the disk is full: make room and start again';
  if (['EACCES', 'EPERM', 'EROFS'].includes(error?.code)) {
    return `cannot write to ${where} (${error.code}): give this user the folder, or end what holds its files, and start again`;
  }
  return undefined;
}

function readText(path) {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function readJson(path) {
  try {
    return JSON.parse(readText(path) ?? 'null');
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href)
  await setUpOrExit();
