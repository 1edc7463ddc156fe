import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { documentPath } from '../support/openapi-file.js';
import { startServer } from '../support/wire.js';

const publicUrl = { PUBLIC_URL: 'http://127.0.0.1:8000' };

/** As every environment but development's DEBUG gives it: the docs page does not document itself. */
async function givenDocument(): Promise<object> {
  const { server, stop } = await startServer('sqlite', { env: { DEBUG: 'false', ...publicUrl } });
  try {
    await server.app.fastify.ready();
    return server.app.openApi();
  } finally {
    await stop();
  }
}

it('docs/openapi.json is what the server gives (drift fails; written by `npx vitest run --project wire test/contract/openapi.test.ts -u`)', async () => {
  await expect(`${JSON.stringify(await givenDocument(), null, 2)}\n`).toMatchFileSnapshot(documentPath);
});

it('GET /openapi.json gives the same, and the docs page beside it', async () => {
  const { server, stop } = await startServer('sqlite', { env: { DEBUG: 'true', ...publicUrl } });
  try {
    const { json } = await server.call('GET', '/openapi.json');
    const own = Object.entries(json.paths).filter(([path]) => !/^\/(docs|redoc|openapi)/.test(path));
    const given = JSON.parse(JSON.stringify(await givenDocument()));
    // Asked by a browser it names the server that it was asked of.
    expect(json.servers).toEqual([{ url: '/' }]);
    expect({ ...json, servers: given.servers, paths: Object.fromEntries(own) }).toEqual(given);
  } finally {
    await stop();
  }
});

it("has no errors and no warnings under Redocly's recommended rules", async () => {
  const manifest = createRequire(import.meta.url).resolve('@redocly/cli/package.json');
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-redocly-'));
  try {
    const args = [
      join(dirname(manifest), 'bin', 'cli.js'),
      'lint',
      documentPath,
      '--extends',
      'recommended',
      '--format',
      'json',
    ];
    // It asks nobody for a newer version of itself, and tells nobody that it ran.
    const env = {
      ...process.env,
      REDOCLY_TELEMETRY: 'off',
      REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
      CI: 'true',
    };
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: folder,
      env,
      timeout: 60_000,
    });
    const { totals, problems } = JSON.parse(stdout.slice(stdout.indexOf('{')));
    expect([totals, problems]).toEqual([{ errors: 0, warnings: 0, ignored: 0 }, []]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 90_000);
