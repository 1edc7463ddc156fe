import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const name = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g;
/** Made from the table of settings, aliases and files for secrets included. */
const settings = new Set(read('docs/settings.md').match(name));
/** Names of others: Node's, the kernel's, error codes, what an example reads for itself, what we say that we do not read. */
const others =
  /^(NODE_ENV|AF_INET6?|AF_UNIX|ERR_[A-Z_]+|MAIL_FROM|PAGE_SIZE|(BACKEND_)?CORS_ORIGINS|JWT_SECRET_KEY|SQLALCHEMY_DATABASE_URI)$/;
const deploy = readdirSync(new URL('../../deploy', import.meta.url)).map((file) => `deploy/${file}`);
const pages = ['README.md', 'docs/library.md', 'docs/from-fastapi.md', 'docs/deploy.md'];

describe('documents and files for a deployment', () => {
  it.each([...pages, ...deploy])('%s names settings that there are', (path) => {
    const strangers = (read(path).match(name) ?? []).filter((one) => !settings.has(one) && !others.test(one));
    expect(strangers).toEqual([]);
  });

  it.each(pages)('%s links to files that there are', (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
    const base = new URL(`../../${path}`, import.meta.url);
    expect(links.filter((link) => !existsSync(new URL(link, base)))).toEqual([]);
  });

  it.each(pages)('%s links to headings that there are', (path) => {
    const slug = (heading: string) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-');
    const headings = new Set(
      [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slug(heading)),
    );
    const links = [...read(path).matchAll(/\]\(#([^)]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !headings.has(link))).toEqual([]);
  });

  it('say every setting that production asks for', () => {
    const asked = ['ENVIRONMENT', 'ALLOWED_HOSTS', 'SECURITY_JWT_SECRET_KEY_FILE', 'TRUSTED_PROXIES'];
    for (const path of ['docs/deploy.md', 'deploy/compose.yaml'])
      expect(asked.filter((one) => !read(path).includes(one))).toEqual([]);
  });
});
