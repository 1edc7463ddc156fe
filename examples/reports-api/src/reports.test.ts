import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { createTestApp, type TestApp, type TestAppOptions, testPassword } from 'sallyport/testing';
import { access } from './access.js';
import { addReports } from './app.js';
import { now } from './reports-routes.js';
import type { ReportTables } from './reports-table.js';

const apps: TestApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

/** The whole application on a database in memory, its reports written by the clock that the test sets. */
async function open(options: TestAppOptions = {}): Promise<TestApp> {
  const app = await addReports(await createTestApp({ access, ...options }));
  app.override(now, () => app.clock.now());
  apps.push(app);
  return app;
}

const report = { title: 'Tea', text: 'Always six o’clock.' };
const idOf = (answer: { readonly json: unknown }) => (answer.json as { readonly id: string }).id;

describe('own reports', () => {
  it('belong to whoever wrote them, and to nobody else', async () => {
    const app = await open({ now: new Date('2026-05-04T03:02:01Z') });
    const alice = await app.as('user');
    const bob = await app.as('user');
    const admin = await app.as('admin');
    const made = await alice.post('/reports', { json: report });
    assert.equal(made.status, 201);
    const id = idOf(made);
    const whole = { id, ...report, created_at: '2026-05-04T03:02:01.000Z', published_at: null };
    assert.deepEqual(made.json, whole);
    assert.deepEqual((await alice.get(`/reports/${id}`)).json, whole);
    assert.deepEqual((await alice.get('/reports')).json, [whole]);

    assert.deepEqual((await bob.get('/reports')).json, []);
    for (const other of [bob, admin]) {
      assert.equal((await other.get(`/reports/${id}`)).status, 404);
      assert.equal((await other.delete(`/reports/${id}`)).status, 404);
    }
    assert.equal((await app.nobody.get(`/reports/${id}`)).status, 401);
    assert.equal((await alice.delete(`/reports/${id}`)).status, 204);
    assert.equal((await alice.get(`/reports/${id}`)).status, 404);
  });

  it('are refused with the field that is wrong', async () => {
    const alice = await (await open()).as('user');
    const { status, json } = await alice.post('/reports', { json: { ...report, owner_id: 'bob' } });
    assert.equal(status, 422);
    assert.match(JSON.stringify(json), /owner_id/);
  });

  it('are newest first', async () => {
    const app = await open();
    const alice = await app.as('user');
    const first = idOf(await alice.post('/reports', { json: report }));
    app.clock.forward(1);
    const second = idOf(await alice.post('/reports', { json: report }));
    const { json } = await alice.get('/reports', { query: { limit: '2' } });
    assert.deepEqual(
      (json as { id: string }[]).map(({ id }) => id),
      [second, first],
    );
  });

  it('are thirty an hour at most, each author counted alone', async () => {
    const app = await open({ limits: true });
    const [alice, bob] = [await app.as('user'), await app.as('user')];
    for (let at = 0; at < 30; at += 1)
      assert.equal((await alice.post('/reports', { json: report })).status, 201);
    const refused = await alice.post('/reports', { json: report });
    assert.equal(refused.status, 429);
    assert.equal(refused.headers['retry-after'], '3600');
    assert.equal((await bob.post('/reports', { json: report })).status, 201);
    app.clock.forward(3600);
    assert.equal((await alice.post('/reports', { json: report })).status, 201);
  });
});

describe('publishing', () => {
  it('is for editors and admins, once', async () => {
    const app = await open();
    const alice = await app.as({ username: 'alice' });
    const editor = await app.as('editor');
    const publish = `/reports/${idOf(await alice.post('/reports', { json: report }))}/publish`;
    assert.equal((await alice.post(publish)).status, 403);
    assert.equal((await (await app.as('moderator')).post(publish)).status, 403);
    assert.deepEqual((await app.nobody.get('/published')).json, []);

    assert.equal((await editor.post(publish)).status, 200);
    const again = await (await app.as('admin')).post(publish);
    assert.equal(again.status, 409);
    assert.deepEqual(again.json, { detail: 'Published already', code: 'already_published' });
    const [shown] = (await app.nobody.get('/published')).json as Record<string, unknown>[];
    assert.deepEqual({ ...shown, id: '' }, { id: '', ...report, author: 'alice' });
  });

  it('is what a session of that scope may do, and no other', async () => {
    const app = await open();
    const alice = await app.as('user');
    const publish = `/reports/${idOf(await alice.post('/reports', { json: report }))}/publish`;
    assert.equal(
      (await (await app.as({ role: 'editor', scopes: ['users:read'] })).post(publish)).status,
      403,
    );
    assert.equal(
      (await (await app.as({ role: 'editor', scopes: ['reports:publish'] })).post(publish)).status,
      200,
    );
  });

  it('of two editors at once lets one through', async () => {
    const app = await open();
    const alice = await app.as('user');
    const editor = await app.as('editor');
    const publish = `/reports/${idOf(await alice.post('/reports', { json: report }))}/publish`;
    const statuses = await Promise.all([editor.post(publish), editor.post(publish), editor.post(publish)]);
    assert.deepEqual(statuses.map(({ status }) => status).sort(), [200, 409, 409]);
  });
});

describe('an author who leaves', () => {
  it('takes the drafts along and leaves what was published', async () => {
    const app = await open();
    const alice = await app.as('user');
    const editor = await app.as('editor');
    const published = idOf(await alice.post('/reports', { json: report }));
    await alice.post('/reports', { json: report });
    await editor.post(`/reports/${published}/publish`);
    assert.equal((await alice.delete('/users/me', { json: { password: 'wrong' } })).status, 400);
    const rows = () => app.store.db.withTables<ReportTables>().selectFrom('reports').selectAll().execute();
    assert.equal((await rows()).length, 2);

    assert.equal((await alice.delete('/users/me', { json: { password: testPassword } })).status, 204);
    assert.deepEqual(
      (await rows()).map(({ id, owner_id }) => [id, owner_id]),
      [[published, null]],
    );
    const [shown] = (await app.nobody.get('/published')).json as { author: null }[];
    assert.equal(shown?.author, null);
  });
});
