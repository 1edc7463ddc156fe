import { lockAccount } from '../accounts/accounts-queries.js';
import { ConfigurationError, Refusal } from '../base/errors.js';
import { recordEvent } from '../events/events-queries.js';
import { openNarrowSession } from '../tokens/refresh-family.js';
import { eventContext, type FlowDeps, type Origin } from './flow-deps.js';

export interface OwnSession {
  /** Whole seconds from now, 1 to 31,536,000 (a year). */
  readonly expiresIn: number;
  /** Permissions that the session is narrowed to; undefined: all that its account may. */
  readonly scopes: readonly string[] | undefined;
  readonly clientId: string;
}

export interface OpenedSession {
  readonly sessionId: string;
  readonly accessToken: string;
  /** Whole seconds. */
  readonly expiresIn: number;
}

const longest = 365 * 24 * 60 * 60;

/**
 * Opens a session for whoever the application itself recognised (a magic link, a company's directory): one access token,
 * no refresh token. It dies like any other. 404 where there is no such account, 403 where it is disabled.
 */
export async function openOwnSession(
  deps: Pick<FlowDeps, 'store' | 'clock' | 'accessTokens'>,
  accountId: string,
  { expiresIn, scopes, clientId }: OwnSession,
  origin: Origin,
): Promise<OpenedSession> {
  if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > longest)
    throw new ConfigurationError(
      'ERR_SESSION_EXPIRY',
      `sessions.open: expiresIn is ${String(expiresIn)}; give whole seconds from 1 to ${longest} (a year).`,
    );
  const session = await deps.store.transaction(async (tx) => {
    const account = await lockAccount(tx, accountId);
    if (account === undefined) throw new Refusal('not_found');
    if (!account.isActive) throw new Refusal('account_disabled');
    const opened = await openNarrowSession(tx, { accountId, clientId, clock: deps.clock, expiresIn, scopes });
    const event = { name: 'authentication.succeeded', subjectId: accountId } as const;
    const details = { session_id: opened.sessionId, by: 'application' } as const;
    await recordEvent(tx, { ...event, details }, eventContext(deps, origin));
    return opened;
  });
  const issued = deps.accessTokens.issue({ ...session, accountId, clientId, expiresIn });
  return { sessionId: session.sessionId, ...issued };
}
