// The built server as a user starts it, on a database of its own.
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end, root, startNode } from './processes.mjs';

export const password = 'Wonderland-1865';

/** Every control is on; the general limits are raised by their settings, for one client asks more than a day's worth. */
export const controlsOn = {
  ENVIRONMENT: 'development',
  DEBUG: 'false',
  HOST: '127.0.0.1',
  PORT: '0',
  PUBLIC_URL: 'http://127.0.0.1:8000',
  LOG_LEVEL: 'info',
  SECURITY_RATE_LIMIT_REQUESTS: '1000000000',
  SECURITY_RATE_LIMIT_PRINCIPAL_REQUESTS: '1000000000',
  SECURITY_JWT_SECRET_KEY: 'tRq8Vw2Zk5Nf7Xc1Lp9Hd4Js6Gm3Yb0Qa-uEoIx_Wz',
};

const listening = /http:\/\/127\.0\.0\.1:(\d+)/;

/**
 * @param {{ databaseUrl?: string, core?: number, dist?: string, env?: object, probe?: boolean }} options
 * `databaseUrl` absent: the embedded database in a folder of its own.
 */
export async function startSallyport(options = {}) {
  const { databaseUrl, core, dist = join(root, 'dist'), env = {}, probe = false, profile } = options;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const data = join(folder, 'data');
  const all = {
    PATH: process.env.PATH,
    HOME: folder,
    ...controlsOn,
    DATA_DIR: data,
    DATABASE_URL: databaseUrl ?? `sqlite:///${join(data, 'bench.db')}`,
    ...env,
  };
  const log = openSync(join(folder, 'log.jsonl'), 'a');
  const node = [
    ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`, '--cpu-prof-interval=200'] : []),
    ...(probe ? ['--expose-gc', '--import', new URL('memory-probe.mjs', import.meta.url).href] : []),
  ];
  const stdio = ['ignore', log, 'pipe', ...(probe ? ['ipc'] : [])];
  const spawned = performance.now();
  const child = startNode(join(dist, 'bin', 'sallyport.js'), ['serve'], {
    core,
    env: all,
    stdio,
    node,
    cwd: folder,
  });
  const port = await portOf(child);
  return {
    child,
    port,
    folder,
    spawned,
    async stop() {
      await end(child);
      if (!options.folder) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function portOf(child) {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
      const found = listening.exec(said);
      if (found) resolve(Number(found[1]));
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
}

/** Registers somebody and signs them in; gives the access token. */
export async function signedIn(port, username = 'alice') {
  const url = `http://127.0.0.1:${port}`;
  const made = await fetch(`${url}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      email: `${username}@example.org`,
      username,
      password,
      full_name: 'Alice Liddell',
      bio: 'Curiouser and curiouser',
    }),
  });
  if (made.status !== 201 && made.status !== 400)
    throw new Error(`register: ${made.status} ${await made.text()}`);
  const answer = await fetch(`${url}/auth/token`, {
    method: 'POST',
    body: new URLSearchParams({ username, password }),
  });
  if (answer.status !== 200) throw new Error(`sign in: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).access_token;
}

export const getAs = (token, path) =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAuthorization: Bearer ${token}\r\nAccept: application/json\r\n\r\n`;

export const getMe = (token) => getAs(token, '/users/me');

export const getHello = 'GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAccept: application/json\r\n\r\n';
