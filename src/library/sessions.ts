import type { AccessTable } from '../accounts/access-table.js';
import { ConfigurationError } from '../base/errors.js';
import { assertKnownOptions } from '../base/known-options.js';
import type { FlowDeps } from '../flows/flow-deps.js';
import { openOwnSession } from '../flows/open-own-session.js';

/** How long a session of one's own lives, and how far it reaches. */
export interface SessionOptions {
  /** Whole seconds, 900 (15 minutes) by default, at most a year. Nothing renews such a session. */
  readonly expiresIn?: number;
  /**
   * Permissions that the session is narrowed to: `requirePermission` asks for both, the role's and these. A narrowed
   * session passes no guard by role and cannot change, leave or lock its account.
   */
  readonly scopes?: readonly string[];
}

/** What `sessions.open` gives: one access token, and no refresh token. */
export interface OpenedSession {
  readonly sessionId: string;
  /** For `Authorization: Bearer …`. */
  readonly accessToken: string;
  /** Whole seconds. */
  readonly expiresIn: number;
}

/** Sessions that the application opens for whom it recognised itself: a magic link, a company's directory. */
export interface Sessions {
  /**
   * A session like any other: it dies by logout, a changed password, a disabled or deleted account, an admin's order. Prove
   * first who asks; nothing here does. Never hand out more than one for a link that was followed once.
   * @throws Refusal `not_found` where there is no such account, `account_disabled` where it is disabled.
   * @throws ConfigurationError for an `expiresIn` out of bounds and for an unknown scope.
   */
  open(accountId: string, options?: SessionOptions): Promise<OpenedSession>;
}

const clientId = 'application';

function assertTexts(accountId: unknown, scopes: unknown): void {
  if (typeof accountId !== 'string')
    throw new ConfigurationError(
      'ERR_SESSION_ACCOUNT',
      `sessions.open: the account's id is ${typeof accountId}, and must be a text.`,
    );
  if (scopes !== undefined && !Array.isArray(scopes))
    throw new ConfigurationError('ERR_SESSION_SCOPES', "sessions.open: scopes is a list: ['users:read'].");
}

export function createSessions(
  deps: Pick<FlowDeps, 'store' | 'clock' | 'accessTokens'>,
  access: AccessTable,
): Sessions {
  return {
    async open(accountId, options = {}) {
      assertKnownOptions('sessions.open', options, ['expiresIn', 'scopes']);
      const { expiresIn = 900, scopes } = options;
      assertTexts(accountId, scopes);
      const stranger = scopes?.find((scope) => !access.permissions.includes(scope));
      if (stranger !== undefined || scopes?.length === 0)
        throw new ConfigurationError(
          'ERR_SESSION_SCOPES',
          `sessions.open: ${stranger === undefined ? 'scopes is empty' : `there is no permission "${stranger}"`}. Known: ${access.permissions.join(', ')}.`,
        );
      const none = { requestId: undefined, address: undefined, network: undefined };
      return openOwnSession(deps, accountId, { expiresIn, scopes, clientId }, none);
    },
  };
}
