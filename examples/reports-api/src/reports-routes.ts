import { randomUUID } from 'node:crypto';
import { answer, currentUser, dependency, params, Refusal, type SecureApp } from 'sallyport';
import { z } from 'zod';
import { access } from './access.js';
import { type Report, reportsOf } from './reports-queries.js';

const ReportId = z.object({ id: z.uuid() });
const Page = z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(20) });
const NewReport = z.strictObject({
  title: z.string().trim().min(1).max(200),
  text: z.string().max(20_000),
});
const ReportAnswer = z.object({
  id: z.uuid(),
  title: z.string(),
  text: z.string(),
  created_at: z.iso.datetime(),
  published_at: z.iso.datetime().nullable(),
});
const PublishedAnswer = z.object({
  id: z.uuid(),
  title: z.string(),
  text: z.string(),
  author: z.string().nullable(),
});
const Conflict = z.object({ detail: z.string(), code: z.literal('already_published') });

/** The time, as a need: a test overrides it. Milliseconds (UTC). */
export const now = dependency('now', {}, () => Date.now());

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
const toAnswer = ({ id, title, text, created_at, published_at }: Report) => ({
  id,
  title,
  text,
  created_at: iso(created_at),
  published_at: published_at === null ? null : iso(published_at),
});

export function addReportRoutes(app: SecureApp): void {
  const reports = reportsOf(app.store);

  /** The report in the path, if it is the caller's; 404 where it is somebody else's or nobody's. */
  const ownReport = dependency(
    'ownReport',
    { user: currentUser, path: params(ReportId) },
    async ({ user, path }) => {
      const report = await reports.findOf(user.id, path.id);
      if (report === undefined) throw new Refusal('not_found');
      return report;
    },
    { refusals: ['not_found'] },
  );

  app.post(
    '/reports',
    {
      needs: { user: currentUser, at: now },
      body: NewReport,
      response: { 201: ReportAnswer },
      limit: { requests: 30, window: 3600 },
      summary: 'Write a report',
    },
    async ({ user, at, body }) =>
      toAnswer(await reports.create(user.id, { id: randomUUID(), ...body, createdAt: at })),
  );

  app.get(
    '/reports',
    {
      needs: { user: currentUser },
      query: Page,
      response: { 200: z.array(ReportAnswer) },
      summary: 'Own reports, newest first',
    },
    async ({ user, query }) => (await reports.listOf(user.id, query.limit)).map(toAnswer),
  );

  app.get(
    '/reports/:id',
    { needs: { report: ownReport }, response: { 200: ReportAnswer }, summary: 'An own report' },
    ({ report }) => toAnswer(report),
  );

  app.delete(
    '/reports/:id',
    {
      needs: { user: currentUser },
      params: ReportId,
      response: { 204: z.void() },
      refusals: ['not_found'],
      summary: 'Delete an own report',
    },
    async ({ user, params: { id } }) => {
      if (!(await reports.removeOf(user.id, id))) throw new Refusal('not_found');
    },
  );

  app.post(
    '/reports/:id/publish',
    {
      needs: { editor: access.requirePermission('reports:publish'), at: now },
      params: ReportId,
      response: { 200: ReportAnswer, 409: Conflict },
      refusals: ['not_found'],
      summary: "Publish anybody's report",
    },
    async ({ at, params: { id } }) => {
      const published = await reports.publish(id, at);
      if (published === undefined) throw new Refusal('not_found');
      if (published === 'published before')
        return answer(409, { detail: 'Published already', code: 'already_published' });
      return toAnswer(published);
    },
  );

  app.get(
    '/published',
    {
      access: 'public',
      query: Page,
      response: { 200: z.array(PublishedAnswer) },
      limit: { requests: 60, window: 60, key: 'address' },
      summary: 'What anybody may read',
    },
    async ({ query }) => reports.listPublished(query.limit),
  );
}
