import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The server as an operator starts it: a process of its own, by the command, on a free port of this host. */
export interface ServerProcess {
  /** Issuer and address in one. */
  readonly url: string;
  stop(): Promise<void>;
}

const command = join(import.meta.dirname, '..', '..', 'dist', 'bin', 'sallyport.js');

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function untilItAnswers(child: ChildProcess, url: string): Promise<void> {
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ready = () =>
    fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
  while (!(await ready())) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Starts `sallyport serve` on ES256 with a fresh key and an empty embedded database. */
export async function startProcess(): Promise<ServerProcess> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-clients-'));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const env = {
    PATH: process.env['PATH'],
    ENVIRONMENT: 'development',
    PORT: String(port),
    DATA_DIR: join(folder, 'data'),
    SECURITY_BCRYPT_ROUNDS: '4',
    SECURITY_JWT_ALGORITHM: 'ES256',
    SECURITY_JWT_SECRET_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
  const child = spawn(process.execPath, [command, 'serve'], { cwd: folder, env, stdio: 'pipe' });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGTERM')) await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilItAnswers(child, url);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

const password = 'Wonderland-1865';

/** Somebody new, registered as any client does it. */
export async function registerAt(
  url: string,
  username: string,
): Promise<{ username: string; password: string }> {
  const response = await fetch(`${url}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${username}@example.org`, username, password }),
  });
  if (response.status !== 201) throw new Error(`register: ${response.status} ${await response.text()}`);
  return { username, password };
}
