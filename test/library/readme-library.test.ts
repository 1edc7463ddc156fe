import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/command.js';
import { type Chapter, Consumer, chaptersOf, readDocument, shows } from '../support/documents.js';

const section = /^## Build on it\n([\s\S]*?)^## /m.exec(readDocument('README.md'))?.[1] ?? '';

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

describe("the README's library part", () => {
  const consumer = new Consumer();
  const chapter = chaptersOf('README.md', ['Build on it'])[0] as Chapter;
  let app: ReturnType<Consumer['start']> | undefined;
  beforeAll(() => expect(consumer.compile([chapter])).toEqual([]));
  afterAll(async () => {
    if (app?.kill()) await once(app, 'exit');
    consumer.remove();
  });

  it('is at most twenty lines', () => {
    const lines = chapter.code.split('\n').filter((line) => line.trim() !== '');
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.length).toBeLessThanOrEqual(20);
  });

  it('serves what it shows', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    app = consumer.start(`${chapter.name}.js`, { PORT: String(port) });
    await expect.poll(() => answers(url), { timeout: 20_000 }).toBe(true);
    const [, commands = '', shown = ''] = /```sh\n([\s\S]*?)```\s*```json\n([\s\S]*?)```/.exec(section) ?? [];
    const told = spawnSync('bash', ['-e', '-u'], {
      input: commands.replaceAll('http://127.0.0.1:8000', url),
      encoding: 'utf8',
    });
    expect(told.stderr).toBe('');
    expect(told.stdout.trim()).toMatch(shows(shown));
  });
});
