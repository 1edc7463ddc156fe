import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');

interface Step {
  readonly commands: string;
  /** What the README shows; undefined where it shows nothing. */
  readonly shown: string | undefined;
}

/** Each sh block of the walk-through, with the block behind it where that shows an answer. */
function walkThrough(): readonly Step[] {
  const text = /<!-- walk-through:[\s\S]*?-->([\s\S]*?)<!-- end of walk-through -->/.exec(readme)?.[1] ?? '';
  return [...text.matchAll(/```sh\n([\s\S]*?)```(?:\s*```json\n([\s\S]*?)```)?/g)].map((found) => ({
    commands: found[1] ?? '',
    shown: found[2],
  }));
}

/** `…` stands for anything within a line. */
const matches = (shown: string): RegExp =>
  new RegExp(`^${shown.trim().split('…').map(escapeRegExp).join('.+?')}$`);
const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

describe("the README's walk-through", () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-readme-'));
  let server: ReturnType<typeof spawn>;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    const port = await freePort();
    const { PATH = '' } = process.env;
    env = {
      PATH,
      HOME: folder,
      DATA_DIR: join(folder, 'data'),
      PORT: String(port),
      ENVIRONMENT: 'development',
    };
    server = spawn(process.execPath, ['dist/bin/sallyport.js', 'serve'], {
      cwd: root,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    for await (const chunk of server.stderr ?? []) {
      said += String(chunk);
      if (said.includes('is listening')) break;
    }
    expect(said).toContain(`http://127.0.0.1:${port}`);
    env = { ...env, README_PORT: String(port) };
  });
  afterAll(async () => {
    if (server.exitCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('has steps', () => {
    expect(walkThrough().length).toBeGreaterThanOrEqual(6);
  });

  it('answers what it shows, block by block', () => {
    const steps = walkThrough();
    const mark = '---next block---';
    const script = steps.map(({ commands }) => `${commands}\necho; echo '${mark}'`).join('\n');
    const here = script.replaceAll('http://127.0.0.1:8000', `http://127.0.0.1:${env['README_PORT']}`);
    const { stdout, stderr, status } = spawnSync('bash', ['-e', '-u'], {
      cwd: root,
      env,
      input: here,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const answers = stdout.split(mark).map((answer) => answer.replace(/\n\n+/g, '\n').trim());
    steps.forEach(({ shown, commands }, at) => {
      if (shown !== undefined) expect(answers[at], commands).toMatch(matches(shown));
    });
  });
});
