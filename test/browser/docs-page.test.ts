import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { password, startServer, type TestServer } from '../support/wire.js';
import { closePages, launchBrowser, openPage, type WatchedPage } from './browser.js';

let browser: Browser;
let running: Awaited<ReturnType<typeof startServer>>;
let server: TestServer;

beforeAll(async () => {
  [browser, running] = await Promise.all([launchBrowser(), startServer('sqlite')]);
  server = running.server;
  await server.person('user', 'alice');
});
afterEach(() => closePages(browser));
afterAll(async () => {
  await browser?.close();
  await running?.stop();
});

async function openDocs(host = '127.0.0.1', options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const watched = await openPage(browser, options);
  await watched.page.goto(`http://${host}:${server.port}/docs`);
  await watched.page.locator('.opblock').first().waitFor();
  return watched;
}

const signInForm = (page: Page): Locator =>
  page.locator('.auth-container').filter({ hasText: 'OAuth2PasswordBearer' });

async function fillSignIn(page: Page, username: string, given: string): Promise<void> {
  await page.locator('.auth-wrapper .authorize').click();
  const form = signInForm(page);
  await form.locator('#oauth_username').fill(username);
  await form.locator('#oauth_password').fill(given);
  await form.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
}

async function closeAuthorize(page: Page): Promise<void> {
  await page.locator('.close-modal').click();
  await page.locator('.modal-ux').waitFor({ state: 'detached' });
}

/** "Try it out" on GET /users/me: the status and the body that the page shows. */
async function tryMe(page: Page): Promise<{ status: string; body: string }> {
  const operation = page.locator('.opblock-get').filter({ has: page.locator('[data-path="/users/me"]') });
  await operation.locator('.opblock-summary-control').click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  await operation.getByRole('button', { name: 'Execute' }).click();
  const live = operation.locator('.live-responses-table tbody tr').first();
  await live.locator('.microlight, code').first().waitFor();
  return {
    status: ((await live.locator('.response-col_status').textContent()) ?? '').trim(),
    body: (await live.locator('.response-col_description').textContent()) ?? '',
  };
}

const kept = `Promise.all([indexedDB.databases(), caches.keys()]).then(([databases, stores]) =>
  ({ local: { ...localStorage }, session: { ...sessionStorage }, cookie: document.cookie, databases, stores }))`;
const nothingKept = { local: {}, session: {}, cookie: '', databases: [], stores: [] };

const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

describe('the docs page in a browser', () => {
  it('shows every operation, loads nothing foreign and breaks no rule of its policy', async () => {
    const { page, problems, requests } = await openDocs();
    const { paths, servers } = (await server.call('GET', '/openapi.json')).json;
    const told = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const shown = await page
      .locator('.opblock-summary')
      .evaluateAll((all) =>
        all.map((one) =>
          [
            one.querySelector('.opblock-summary-method')?.textContent,
            one.querySelector('[data-path]')?.getAttribute('data-path'),
          ].join(' '),
        ),
      );
    expect(told.length).toBeGreaterThan(15);
    expect(shown.sort()).toEqual(told.sort());
    expect(told.filter((one) => /docs|redoc|openapi/.test(one))).toEqual([]);
    expect(servers).toEqual([{ url: '/' }]);
    expect(await page.title()).toContain('Sallyport');
    expect(requests.length).toBeGreaterThan(5);
    expect(requests.filter((url) => new URL(url).origin !== server.url)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('signs in and calls the API, opened by another name than PUBLIC_URL too', async () => {
    const host = 'localhost';
    const { page, problems, requests } = await openDocs(host);
    await fillSignIn(page, 'alice', password);
    await signInForm(page).getByRole('button', { name: 'Remove authorization' }).waitFor();
    await closeAuthorize(page);
    const answer = await tryMe(page);
    expect(answer.status).toBe('200');
    expect(answer.body).toContain('alice@example.org');
    expect(new Set(requests.map((url) => new URL(url).host))).toEqual(new Set([`${host}:${server.port}`]));
    expect(problems).toEqual([]);
  });

  it('keeps no token in the browser: after a reload nobody is signed in (ASVS 14.3.3)', async () => {
    const { page } = await openDocs();
    await fillSignIn(page, 'alice', password);
    await signInForm(page).getByRole('button', { name: 'Remove authorization' }).waitFor();
    await closeAuthorize(page);
    expect((await tryMe(page)).status).toBe('200');
    expect(await page.evaluate(kept)).toEqual(nothingKept);
    // Loaded anew without the fragment, which would open the operation again.
    await page.goto(`${server.url}/docs`);
    const answer = await tryMe(page);
    expect(answer.status).toContain('401');
    expect(answer.body).toContain('Not authenticated');
    expect(await page.evaluate(kept)).toEqual(nothingKept);
    expect(await page.context().cookies()).toEqual([]);
  });

  it('takes a pasted token', async () => {
    const { page, problems } = await openDocs();
    const { access_token: token } = await server.signIn('alice');
    await page.locator('.auth-wrapper .authorize').click();
    const form = page.locator('form').filter({ hasText: 'HTTPBearer' });
    await form.locator('#auth-bearer-value').fill(token);
    await form.getByRole('button', { name: 'Apply credentials' }).click();
    await closeAuthorize(page);
    const answer = await tryMe(page);
    expect([answer.status, answer.body]).toEqual(['200', expect.stringContaining('alice@example.org')]);
    expect(problems).toEqual([]);
  });

  it('shows the refusal of a wrong password and stays signed out', async () => {
    const { page } = await openDocs();
    await fillSignIn(page, 'alice', 'Looking-Glass-1871');
    const refusal = signInForm(page).locator('.errors');
    await refusal.waitFor();
    expect(await refusal.textContent()).toMatch(/unauthorized|invalid_grant|Incorrect username or password/i);
    expect(await signInForm(page).getByRole('button', { name: 'Remove authorization' }).count()).toBe(0);
  });

  it('is where /redoc leads, and says what is missing without JavaScript', async () => {
    const { page } = await openPage(browser, { javaScriptEnabled: false });
    await page.goto(`${server.url}/redoc`);
    expect(page.url()).toBe(`${server.url}/docs`);
    expect(await page.locator('body').textContent()).toContain('needs JavaScript');
  });

  it('follows the light or dark of the system, while it is open too', async () => {
    const { page } = await openDocs('127.0.0.1', { colorScheme: 'dark' });
    const background = 'getComputedStyle(document.documentElement).backgroundColor';
    expect(await page.evaluate(background)).toBe('rgb(28, 32, 34)');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.locator('html:not(.dark-mode)').waitFor({ state: 'attached' });
    expect(await page.evaluate(background)).not.toBe('rgb(28, 32, 34)');
  });

  it('fits a phone, an open operation and the sign-in form too', async () => {
    const { page } = await openDocs('127.0.0.1', { viewport: { width: 390, height: 844 } });
    expect(await page.evaluate(overflow)).toBe(0);
    await page.locator('.auth-wrapper .authorize').click();
    expect(await page.evaluate(overflow)).toBe(0);
    await closeAuthorize(page);
    await tryMe(page);
    expect(await page.evaluate(overflow)).toBe(0);
  });
});

describe('the docs page without DEBUG', () => {
  it('is not there, nor is anything of it', async () => {
    const closed = await startServer('sqlite', { env: { DEBUG: 'false' } });
    try {
      const { page } = await openPage(browser);
      for (const path of ['/docs', '/redoc', '/openapi.json', '/docs/swagger-ui.css', '/docs/page.css']) {
        const answer = await page.goto(closed.server.url + path);
        expect([path, answer?.status(), await page.locator('body').textContent()]).toEqual([
          path,
          404,
          expect.stringContaining('Not Found'),
        ]);
      }
    } finally {
      await closed.stop();
    }
  });
});
