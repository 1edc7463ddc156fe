import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startServer, type TestServer } from '../support/wire.js';
import { closePages, launchBrowser, openPage } from './browser.js';

/** One small server under two names is two origins: the first is in SECURITY_CORS_ORIGINS, the second is a stranger. */
const site = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>elsewhere</title>');
});
let friend: string;
let stranger: string;
let browser: Browser;
let running: Awaited<ReturnType<typeof startServer>>;
let server: TestServer;
let alice: Person;

beforeAll(async () => {
  await once(site.listen(0, '127.0.0.1'), 'listening');
  const { port } = site.address() as AddressInfo;
  friend = `http://localhost:${port}`;
  stranger = `http://127.0.0.1:${port}`;
  const env = { SECURITY_CORS_ORIGINS: friend };
  [browser, running] = await Promise.all([launchBrowser(), startServer('sqlite', { env })]);
  server = running.server;
  alice = await server.person('user', 'alice');
});
afterEach(() => closePages(browser));
afterAll(async () => {
  await browser?.close();
  await running?.stop();
  site.close();
});

async function pageOf(origin: string): Promise<Page> {
  const { page } = await openPage(browser);
  await page.goto(origin);
  return page;
}

/** What a script of the page can read. */
const read = (page: Page, path: string, init: object): Promise<unknown> =>
  page.evaluate(`fetch(${JSON.stringify(server.url + path)}, ${JSON.stringify(init)}).then(
    async (answer) => ({ status: answer.status, body: await answer.json(), id: answer.headers.get('x-request-id') }),
    (error) => error.name)`);

/** Whether an element that loads an address of the server did load it. */
const embed = (page: Page, tag: 'img' | 'script', url: string): Promise<unknown> =>
  page.evaluate(`new Promise((resolve) => {
    const element = document.createElement(${JSON.stringify(tag)});
    element.onload = () => resolve('loaded');
    element.onerror = () => resolve('refused');
    element.src = ${JSON.stringify(url)};
    document.body.append(element);
  })`);

const methodsAt = (path: string): string[] =>
  server.log.lines
    .map((line) => JSON.parse(line))
    .filter((line) => JSON.stringify(line).includes(path))
    .map((line) => line.method ?? line.req?.method);

describe('a page of another origin', () => {
  it('reads answers when its origin is listed: the preflight lets Authorization through', async () => {
    const page = await pageOf(friend);
    const headers = { authorization: `Bearer ${alice.access_token}` };
    expect(await read(page, '/users/me', { headers })).toEqual({
      status: 200,
      body: expect.objectContaining({ email: alice.email }),
      id: expect.any(String),
    });
    const change = { method: 'PATCH', headers: { ...headers, 'content-type': 'application/json' } };
    const answer = await read(page, '/users/me', { ...change, body: '{"bio":"from afar"}' });
    expect(answer).toMatchObject({ status: 200, body: { bio: 'from afar' } });
    expect(await read(page, '/users/me', {})).toMatchObject({ status: 401, id: expect.any(String) });
  });

  it('reads nothing otherwise, and its request with a token never leaves', async () => {
    const page = await pageOf(stranger);
    const before = methodsAt('/users/me').filter((method) => method !== 'OPTIONS').length;
    const headers = { authorization: `Bearer ${alice.access_token}` };
    expect(await read(page, '/users/me', { headers })).toBe('TypeError');
    const deletion = { method: 'DELETE', headers, body: JSON.stringify({ password: 'x' }) };
    expect(await read(page, '/users/me', deletion)).toBe('TypeError');
    expect(methodsAt('/users/me').filter((method) => method !== 'OPTIONS').length).toBe(before);
    expect(await read(page, '/users/me', {})).toBe('TypeError');
    expect(await read(page, '/users/me', { mode: 'no-cors' })).toBe('TypeError');
  });

  it.each(['friend', 'stranger'])('embeds no answer (CORP): %s', async (who) => {
    const page = await pageOf(who === 'friend' ? friend : stranger);
    expect(await embed(page, 'img', `${server.url}/docs/favicon-32x32.png`)).toBe('refused');
    expect(await embed(page, 'script', `${server.url}/docs/start.js`)).toBe('refused');
    expect(await embed(page, 'script', `${server.url}/healthz`)).toBe('refused');
    if (who === 'stranger') return;
    const own = await pageOf(`${server.url}/docs`);
    expect(await embed(own, 'img', `${server.url}/docs/favicon-32x32.png`)).toBe('loaded');
  });

  it('frames no answer (frame-ancestors)', async () => {
    const { page, problems } = await openPage(browser);
    await page.goto(stranger);
    for (const path of ['/docs', '/healthz']) {
      problems.length = 0;
      await page.evaluate(`new Promise((resolve) => {
        const frame = document.createElement('iframe');
        frame.onload = resolve;
        frame.src = ${JSON.stringify(server.url + path)};
        document.body.append(frame);
      })`);
      await expect.poll(() => problems.join()).toMatch(/frame-ancestors|X-Frame-Options/);
    }
    const texts = await Promise.all(
      page
        .frames()
        .slice(1)
        .map((frame) => frame.locator('body').textContent({ timeout: 5_000 })),
    );
    expect(texts).toHaveLength(2);
    expect(texts.join()).not.toMatch(/Sallyport|JavaScript|ok/);
  });
});
