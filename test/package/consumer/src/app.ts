import { createSecureApp, currentUser, defineAccess } from 'sallyport';
import { z } from 'zod';

const access = defineAccess({ roles: ['editor'], permissions: { 'reports:publish': ['editor'] } });
const app = await createSecureApp({ access });
const Report = z.object({ title: z.string(), by: z.string() });

app.get(
  '/reports/:title',
  { needs: { user: currentUser }, params: z.object({ title: z.string() }), response: { 200: Report } },
  ({ user, params }) => ({ title: params.title, by: user.username }),
);

app.post(
  '/reports',
  { needs: { editor: access.requirePermission('reports:publish') }, body: Report, response: { 201: Report } },
  ({ editor, body }) => ({ ...body, by: editor.username }),
);

process.stdout.write(`${await app.listen()}\n`);
