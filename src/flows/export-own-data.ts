import type { Account } from '../accounts/account.js';
import type { ApiKeyEntry } from '../api-keys/api-keys-queries.js';
import { type EventRecord, listEvents } from '../events/events-queries.js';
import type { SessionEntry } from '../tokens/session-queries.js';
import { apiKeysOf } from './api-keys.js';
import type { FlowDeps } from './flow-deps.js';
import { sessionsOf } from './own-sessions.js';

/** Events of an account that an export holds at most: the newest. */
const mostEvents = 10_000;
const pageSize = 500;

export interface OwnData {
  readonly account: Account;
  readonly sessions: readonly SessionEntry[];
  readonly apiKeys: readonly ApiKeyEntry[];
  /** What the account did and what was done to it, the newest first. */
  readonly events: readonly EventRecord[];
}

type ExportDeps = Pick<FlowDeps, 'store' | 'clock' | 'settings' | 'activity' | 'keyActivity'>;

/** All that is kept of an account but the hashes of its password and its tokens, for its owner. */
export async function exportOwnData(deps: ExportDeps, account: Account): Promise<OwnData> {
  const [did, suffered] = [
    await eventsBy(deps, { actorId: account.id }),
    await eventsBy(deps, { subjectId: account.id }),
  ];
  const events = new Map([...did, ...suffered].map((event) => [event.id, event]));
  const newestFirst = [...events.values()].sort((one, other) => (one.id < other.id ? 1 : -1));
  return {
    account,
    sessions: await sessionsOf(deps, account.id),
    apiKeys: await apiKeysOf(deps, account.id),
    events: newestFirst.slice(0, mostEvents),
  };
}

async function eventsBy(
  { store }: ExportDeps,
  whose: { readonly actorId?: string; readonly subjectId?: string },
): Promise<readonly EventRecord[]> {
  const found: EventRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await listEvents(store.db, { limit: pageSize, cursor }, whose);
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && found.length < mostEvents);
  return found;
}
