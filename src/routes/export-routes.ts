import { z } from 'zod';
import { answer } from '../access/answer.js';
import type { Routes } from '../access/create-routes.js';
import { accountOwner, currentSession } from '../access/current-user.js';
import { exportOwnData } from '../flows/export-own-data.js';
import type { FlowDeps } from '../flows/flow-deps.js';
import type { AccountWire } from './account-routes.js';
import { ApiKey, toApiKey } from './schemas/api-key-schemas.js';
import { Event, toEvent } from './schemas/event-schemas.js';
import { Session, toSession } from './schemas/session-schemas.js';

/** An export costs some dozens of queries; nobody needs it often. */
const limit = { requests: 10, window: 3600 };

/** Everything that is kept of the own account, as one file (GDPR Art. 15 and 20). */
export function addExportRoute(routes: Routes, deps: FlowDeps, wire: AccountWire): void {
  const OwnData = z
    .object({
      account: wire.User,
      sessions: z.array(Session),
      api_keys: z.array(ApiKey),
      events: z.array(Event),
    })
    .meta({ id: 'OwnData' });

  routes.get(
    '/users/me/export',
    {
      needs: { user: accountOwner, session: currentSession },
      response: { 200: OwnData },
      limit,
      summary: 'All that is kept of the own account',
      tags: ['account'],
    },
    async ({ user, session }) => {
      const { account, sessions, apiKeys, events } = await exportOwnData(deps, user);
      const body = {
        account: wire.toUser(account),
        sessions: sessions.map((one) => toSession(one, session.sessionId)),
        api_keys: apiKeys.map(toApiKey),
        events: events.map(toEvent),
      };
      return answer(200, body, { headers: { 'content-disposition': 'attachment; filename="account.json"' } });
    },
  );
}
