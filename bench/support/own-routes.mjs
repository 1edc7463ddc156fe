// An application of the library with one guarded route twice: with currentUser alone, and through three dependencies.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

const { createSecureApp, currentUser, dependency } = await import(
  pathToFileURL(join(process.argv[2], 'index.js')).href
);

const library = dependency('library', { user: currentUser }, ({ user }) => ({ owner: user.id }));
const shelf = dependency('shelf', { library }, ({ library: { owner } }) => ({ owner, size: 3 }));
const report = dependency('report', { shelf, user: currentUser }, ({ shelf: { size }, user }) => ({
  by: user.username,
  size,
}));

const response = { 200: z.object({ by: z.string(), size: z.number() }) };
const app = await createSecureApp();
app.get('/alone', { needs: { user: currentUser }, response }, ({ user }) => ({ by: user.username, size: 3 }));
app.get('/three', { needs: { report }, response }, (given) => given.report);
process.send({ port: Number(new URL(await app.listen()).port) });
process.once('SIGTERM', () => app.close().then(() => process.exit(0)));
