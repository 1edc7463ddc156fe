import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder = join(
  dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json')),
  'static',
);

/** The files of Swagger UI that the page loads, from the package on this disk: nothing foreign (ASVS 3.6.1). */
export const docsAssets = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;

export type DocsAsset = keyof typeof docsAssets;

export const docsAssetFile = (name: DocsAsset): string => join(folder, name);

/** In a file of its own: the page's policy allows no inline script. Tokens stay in memory (ASVS 14.3.3). */
export const docsScript = `const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
});
`;

/**
 * What Swagger UI's own style leaves: its wide margins, a choice among one server, and words on scopes and
 * links, of which the API has none; in the dark, header names that stay dark.
 */
export const docsStyle = `body { margin: 0; }
.swagger-ui .info { margin: 28px 0 20px; }
.swagger-ui .scheme-container { margin-bottom: 12px; padding: 14px 0; }
.swagger-ui :is(.servers-title, .servers, .scope-def, .response-col_links) { display: none; }
.swagger-ui .schemes .auth-wrapper { margin-left: auto; }
.swagger-ui .info .title { overflow-wrap: anywhere; }
html.dark-mode .swagger-ui .headers td { color: inherit; }
`;

export const docsHtml = (title: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript. The document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (mark) => entities[mark] ?? mark);
