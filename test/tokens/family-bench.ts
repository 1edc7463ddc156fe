import { uuidv7 } from '../../src/base/random.js';
import type { Store } from '../../src/store/connection.js';
import { openSession, type RotationOutcome, rotate } from '../../src/tokens/refresh-family.js';
import { clockAt } from './support.js';

export const start = 1_800_000_000_000;
export const second = 1000;
export const day = 86_400_000;

/** An account's row, made without the accounts room: a sibling that this one does not look into. */
async function insertAccount(store: Store): Promise<string> {
  const id = uuidv7({ now: () => start });
  const account = {
    id,
    email: `${id}@Example.com`,
    email_key: `${id}@example.com`,
    username: id,
    role: 'user',
  };
  await store.db
    .insertInto('sallyport_accounts')
    .values({
      ...account,
      ...{
        password_hash: 'x',
        password_version: 1,
        full_name: null,
        bio: 'b',
        is_active: true,
        search_text: '',
      },
      ...{ created_at: start, updated_at: start },
    })
    .execute();
  return id;
}

export const refreshTokenIn = (outcome: RotationOutcome): string => {
  if (outcome.outcome === 'rotated' || outcome.outcome === 'repeated') return outcome.refreshToken;
  throw new Error(`No refresh token in ${outcome.outcome}`);
};

export const fromNowhere = { device: null, network: null };
/** Sessions do not end by idling. */
export const unending = { most: 10, idleMinutes: 0 };

/** An account with one session, and the means to refresh it at a time that the test sets. */
export async function openFamily(
  store: Store,
  options: { readonly graceSeconds?: number; readonly idleMinutes?: number } = {},
) {
  const { graceSeconds = 10, idleMinutes = 0 } = options;
  const sessions = { most: 10, idleMinutes };
  const clock = clockAt(start);
  const accountId = await insertAccount(store);
  const session = await store.transaction((tx) =>
    openSession(tx, { accountId, clientId: 'sallyport', clock, expireDays: 7, ...fromNowhere }),
  );
  return {
    ...session,
    clock,
    accountId,
    refresh: (token: string) =>
      store.transaction((tx) => rotate(tx, token, { clock, graceSeconds, sessions })),
    async seeds(): Promise<number> {
      const rows = await store.db
        .selectFrom('sallyport_refresh_tokens')
        .select('digest')
        .where('session_id', '=', session.sessionId)
        .where('successor_seed', 'is not', null)
        .execute();
      return rows.length;
    },
    row: () =>
      store.db
        .selectFrom('sallyport_sessions')
        .selectAll()
        .where('id', '=', session.sessionId)
        .executeTakeFirstOrThrow(),
  };
}
