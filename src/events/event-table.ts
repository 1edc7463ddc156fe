/**
 * What a detail may hold: one of the words listed, a number, an id, a role, or a name that stands in the code. There is
 * no free text, so nothing a client typed can ever lie in an event (ASVS 16.2.5).
 */
export type DetailKind = readonly string[] | 'boolean' | 'count' | 'id' | 'key' | 'role' | 'route';

export interface EventDefinition {
  readonly meaning: string;
  readonly outcome: 'success' | 'failure';
  /** A stranger can cause it: written by `recordRefusal`, folded by the minute. */
  readonly refusal: boolean;
  readonly details: Readonly<Record<string, DetailKind>>;
}

const by = ['self', 'admin', 'command_line'] as const;
const passwordChecks = ['sign_in', 'change_password', 'delete_account'] as const;
const change = { outcome: 'success', refusal: false } as const;
const refusal = { outcome: 'failure', refusal: true } as const;

/**
 * The closed list of events (ASVS 16.3): names in the past tense, what each means, how it ended, what it may tell.
 * docs/events.md is written from this table.
 */
export const eventTable = {
  'account.registered': { ...change, meaning: 'An account was made.', details: { by, role: 'role' } },
  'account.updated': {
    ...change,
    meaning: 'The full name or the bio of an account was changed.',
    details: { by, full_name: 'boolean', bio: 'boolean' },
  },
  'account.deleted': { ...change, meaning: 'An account and its sessions were deleted.', details: { by } },
  'account.disabled': {
    ...change,
    meaning: 'An account was disabled; its sessions and API keys ended.',
    details: { by, sessions_ended: 'count', keys_ended: 'count' },
  },
  'account.enabled': {
    ...change,
    meaning: 'A disabled account was enabled; its old sessions stay ended.',
    details: { by },
  },
  'account.role_changed': {
    ...change,
    meaning: 'An account got another role.',
    details: { by, from: 'role', to: 'role' },
  },
  'authentication.succeeded': {
    ...change,
    meaning: 'Somebody signed in.',
    details: { session_id: 'id', by: ['password', 'application'], known_device: 'boolean' },
  },
  'authentication.failed': {
    ...refusal,
    meaning: 'A password was wrong, or the account unknown or disabled. What was typed is not kept.',
    details: { at: passwordChecks, reason: ['unknown_account', 'wrong_password', 'account_disabled'] },
  },
  'authorization.denied': {
    ...refusal,
    meaning: 'Somebody signed in asked for what the role does not allow.',
    details: { route: 'route' },
  },
  'session.revoked': {
    ...change,
    meaning: 'A session, or several of one account, ended before their time.',
    details: {
      session_id: 'id',
      sessions_ended: 'count',
      reason: ['signed_out', 'ended_by_admin', 'ended_by_owner', 'too_many'],
    },
  },
  'refresh_token.rotated': {
    ...change,
    meaning: 'A refresh token was exchanged for its successor.',
    details: { session_id: 'id' },
  },
  'refresh_token.reused': {
    ...refusal,
    meaning: 'A consumed refresh token was presented again: it may be stolen, so its session was ended.',
    details: { session_id: 'id' },
  },
  'token.revoked': {
    ...change,
    meaning: 'The holder of a token ended it (RFC 7009), and its session with it.',
    details: { session_id: 'id', token_type: ['access_token', 'refresh_token'] },
  },
  'password.changed': {
    ...change,
    meaning: 'A password was changed; every other session ended.',
    details: { by, sessions_ended: 'count', keys_ended: 'count' },
  },
  'password.rehashed': {
    ...change,
    meaning: 'At a sign-in the stored hash was renewed by the scheme and cost of today.',
    details: {},
  },
  'api_key.created': { ...change, meaning: 'An API key was made.', details: { key_id: 'key' } },
  'api_key.rotated': {
    ...change,
    meaning:
      'An API key got a successor, which this names; the old one lives on for the hours that were asked for.',
    details: { key_id: 'key' },
  },
  'api_key.revoked': {
    ...change,
    meaning: 'An API key, or all of an account, were ended by its owner or by an admin.',
    details: { key_id: 'key', keys_ended: 'count' },
  },
  'throttle.opened': {
    ...refusal,
    meaning: 'The throttle on failed passwords refused a try, right or wrong.',
    details: { at: passwordChecks, by: ['account', 'address', 'device'] },
  },
  'server.started': {
    ...change,
    meaning:
      'A server began to listen, its settings accepted. Refused settings stand in the log: nothing is open yet.',
    details: { environment: ['development', 'staging', 'production'] },
  },
  'server.stopped': { ...change, meaning: 'A server stopped in order.', details: {} },
} as const satisfies Record<string, EventDefinition>;

type Table = typeof eventTable;

export type EventName = keyof Table;

/** The events that strangers can cause, by `recordRefusal` alone. */
export type RefusalName = {
  [Name in EventName]: Table[Name]['refusal'] extends true ? Name : never;
}[EventName];

/** All others: part of a change, by `recordEvent` in its transaction. */
export type ChangeName = Exclude<EventName, RefusalName>;

type ValueOf<Kind> = Kind extends readonly (infer Word)[]
  ? Word
  : Kind extends 'boolean'
    ? boolean
    : Kind extends 'count'
      ? number
      : string;

export type DetailsOf<Name extends EventName> = {
  readonly [Key in keyof Table[Name]['details']]?: ValueOf<Table[Name]['details'][Key]> | undefined;
};
