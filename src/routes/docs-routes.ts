import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { answer, media, raw } from '../access/answer.js';
import type { Routes } from '../access/create-routes.js';
import { fromRequest } from '../access/dependency.js';
import { useDocsPolicy } from '../http/security-headers.js';
import type { Settings } from '../settings/settings.js';
import { type DocsAsset, docsAssetFile, docsAssets, docsHtml, docsScript, docsStyle } from './docs-page.js';
import { docsTag } from './openapi-document.js';

const docsPolicy = fromRequest('docsPolicy', (_request, reply) => useDocsPolicy(reply.raw));
const tags = [docsTag];

/**
 * Read from this server, the document means this server by whatever name it was opened (localhost, 127.0.0.1): another
 * name would be another origin, which the page's policy refuses to call (OpenAPI 3.1 §4.8.5: relative to the document).
 */
const hereOnly = (document: object): object => ({ ...document, servers: [{ url: '/' }] });

/**
 * The docs page and its document, under DEBUG alone (ASVS 13.4.5). Elsewhere these routes do not exist, so they are
 * 404 like any other path.
 */
export function addDocsRoutes(
  routes: Routes,
  settings: Pick<Settings, 'appName'>,
  document: () => object,
): void {
  const page = docsHtml(settings.appName);
  const pageFile = (
    path: string,
    type: string,
    summary: string,
    read: () => string | Promise<Buffer>,
  ): void => {
    routes.get(
      path,
      { access: 'public', needs: { docsPolicy }, response: { 200: media(type) }, summary, tags },
      async () => raw(await read()),
    );
  };
  pageFile('/docs', 'text/html; charset=utf-8', 'This page', () => page);
  pageFile('/docs/page.css', 'text/css; charset=utf-8', 'Its style', () => docsStyle);
  pageFile('/docs/start.js', 'text/javascript; charset=utf-8', 'Its script', () => docsScript);
  for (const [name, type] of Object.entries(docsAssets))
    pageFile(`/docs/${name}`, type, 'One of its files', () => readFile(docsAssetFile(name as DocsAsset)));
  pageFile('/openapi.json', 'application/json; charset=utf-8', 'This API as OpenAPI 3.1', () =>
    JSON.stringify(hereOnly(document())),
  );
  for (const path of ['/', '/redoc'])
    routes.get(path, { access: 'public', response: { 302: z.void() }, summary: 'Leads to /docs', tags }, () =>
      answer(302, undefined, { headers: { location: '/docs' } }),
    );
}
