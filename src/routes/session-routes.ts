import { z } from 'zod';
import type { Routes } from '../access/create-routes.js';
import { accountOwner, currentSession } from '../access/current-user.js';
import { origin } from '../access/origin.js';
import { requireAdmin } from '../access/require-role.js';
import { admin as asAdmin, type FlowDeps, self } from '../flows/flow-deps.js';
import { getAccount } from '../flows/list-accounts.js';
import { endOtherSessions, endSession, sessionsOf } from '../flows/own-sessions.js';
import { UserId } from './schemas/account-schemas.js';
import { Session, toSession } from './schemas/session-schemas.js';

const SessionList = z.object({ items: z.array(Session) }).meta({ id: 'SessionList' });
const SessionId = z.object({ id: z.uuid() });
const SessionOfUser = z.object({ id: z.uuid(), session_id: z.uuid() });

/** Where one is signed in, and the way out of there (ASVS 7.4.3, 7.5.2). */
export function addOwnSessionRoutes(routes: Routes, deps: FlowDeps): void {
  const tags = ['account'];
  const needs = { user: accountOwner, session: currentSession } as const;

  routes.get(
    '/users/me/sessions',
    { needs, response: { 200: SessionList }, summary: 'The own sessions, the newest first', tags },
    async ({ user, session }) => ({
      items: (await sessionsOf(deps, user.id)).map((entry) => toSession(entry, session.sessionId)),
    }),
  );

  routes.delete(
    '/users/me/sessions',
    {
      needs: { ...needs, origin },
      response: { 204: z.void() },
      summary: 'End every own session but the one that asks',
      tags,
    },
    async ({ user, session, origin: from }) => {
      await endOtherSessions(deps, { accountId: user.id, sessionId: session.sessionId }, from);
    },
  );

  routes.delete(
    '/users/me/sessions/:id',
    {
      needs: { user: accountOwner, origin },
      params: SessionId,
      response: { 204: z.void() },
      summary: 'End one own session',
      tags,
    },
    async ({ user, origin: from, params }) => {
      await endSession(deps, { accountId: user.id, sessionId: params.id }, self(user.id), from);
    },
  );
}

/** An admin looks where somebody is signed in, and ends one session (ASVS 7.4.5). */
export function addUserSessionRoutes(routes: Routes, deps: FlowDeps): void {
  const tags = ['users'];

  routes.get(
    '/users/:id/sessions',
    {
      needs: { admin: requireAdmin, session: currentSession },
      params: UserId,
      response: { 200: SessionList },
      summary: 'The sessions of an account, the newest first',
      tags,
    },
    async ({ session, params }) => {
      const { id } = await getAccount(deps, params.id);
      return { items: (await sessionsOf(deps, id)).map((entry) => toSession(entry, session.sessionId)) };
    },
  );

  routes.delete(
    '/users/:id/sessions/:session_id',
    {
      needs: { admin: requireAdmin, origin },
      params: SessionOfUser,
      response: { 204: z.void() },
      summary: 'End one session of an account',
      tags,
    },
    async ({ admin, origin: from, params }) => {
      await endSession(deps, { accountId: params.id, sessionId: params.session_id }, asAdmin(admin.id), from);
    },
  );
}
