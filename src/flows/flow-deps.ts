import type { PasswordHasher } from '../accounts/password-hash.js';
import type { Clock } from '../base/clock.js';
import type { EventContext } from '../events/event-context.js';
import type { SignInThrottle } from '../limits/sign-in-throttle.js';
import type { Settings } from '../settings/settings.js';
import type { Store } from '../store/connection.js';
import type { AccessTokens } from '../tokens/access-token.js';
import type { DeviceTokens } from '../tokens/device-token.js';
import type { SessionActivity } from '../tokens/session-activity.js';
import type { AccountHooks } from './account-hooks.js';

/** What a flow works with. Made once by the composition root; a flow takes the parts that it names. */
export interface FlowDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly hasher: PasswordHasher;
  readonly accessTokens: AccessTokens;
  readonly deviceTokens: DeviceTokens;
  readonly throttle: SignInThrottle;
  readonly activity: SessionActivity;
  /** Absent on the command line: no application is there to be told. */
  readonly hooks?: AccountHooks | undefined;
}

/** From where a thing is done. */
export type Origin = Omit<EventContext, 'clock'>;

/** Who does a thing to an account: its owner, an admin, or an operator on the command line, who has no account. */
export interface Actor {
  readonly actorId: string | undefined;
  readonly by: 'self' | 'admin' | 'command_line';
}

export const self = (accountId: string): Actor => ({ actorId: accountId, by: 'self' });
export const admin = (accountId: string): Actor => ({ actorId: accountId, by: 'admin' });
export const commandLine: Actor = { actorId: undefined, by: 'command_line' };

export const eventContext = (deps: Pick<FlowDeps, 'clock'>, origin: Origin): EventContext => ({
  clock: deps.clock,
  ...origin,
});
