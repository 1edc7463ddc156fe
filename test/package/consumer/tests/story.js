import assert from 'node:assert/strict';
import { currentUser } from 'sallyport';
import { createTestApp } from 'sallyport/testing';
import { access, addReports } from '../dist/reports.js';

/** What a consumer's own test does with `sallyport/testing`; each runner runs it in its own way. */
export async function story() {
  const app = await createTestApp({ access });
  addReports(app);
  const reader = await app.as('user');
  const editor = await app.as({ role: 'editor', username: 'ellen' });
  assert.equal((await app.nobody.get('/reports/7')).status, 401);
  const own = await reader.get('/reports/7');
  assert.equal(own.text, `{"id":"7","by":"${reader.account.username}"}`);
  assert.equal((await reader.post('/reports', { json: { id: '8' } })).status, 403);
  const made = await editor.post('/reports', { json: { id: '8' } });
  assert.deepEqual([made.status, made.json.by], [201, 'ellen']);
  app.clock.forward(2 * 24 * 60 * 60);
  assert.equal((await editor.get('/reports/7')).status, 401);
  await app.close();
}

/** In place of the real user another one. */
export async function overridden() {
  const app = await createTestApp({ access });
  addReports(app);
  const nobodyReal = { id: '1', username: 'stand-in', email: 'x@example.org', role: 'user', isActive: true };
  app.override(currentUser, () => nobodyReal);
  assert.equal((await app.nobody.get('/reports/7')).json.by, 'stand-in');
  await app.close();
}
