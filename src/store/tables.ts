/** Every table carries the prefix `sallyport_`, so that a foreign database can be shared. Times are milliseconds (UTC). */
export interface Tables {
  sallyport_migrations: MigrationTable;
  sallyport_accounts: AccountTable;
  sallyport_sessions: SessionTable;
  sallyport_refresh_tokens: RefreshTokenTable;
  sallyport_events: EventTable;
  sallyport_counters: CounterTable;
  sallyport_throttles: ThrottleTable;
}

interface MigrationTable {
  name: string;
  applied_at: number;
}

interface AccountTable {
  /** UUIDv7. */
  id: string;
  /** As it was typed at registration. */
  email: string;
  /** Folded for comparison: ASCII letters lower-cased, domain in its IDNA form. Unique. */
  email_key: string;
  /** Lower-cased. Unique. */
  username: string;
  password_hash: string;
  /** Grows with every change of the password; device tokens are bound to it. */
  password_version: number;
  full_name: string | null;
  bio: string | null;
  role: string;
  is_active: boolean;
  /** full_name, folded in TypeScript alike for both engines. Empty without a name. */
  search_text: string;
  created_at: number;
  updated_at: number;
}

/** One sign-in: a family of refresh tokens, and the `sid` of every access token that came of it. */
interface SessionTable {
  id: string;
  account_id: string;
  client_id: string;
  created_at: number;
  /** Absolute: a refresh does not move it (ASVS 7.3.2). */
  expires_at: number;
  revoked_at: number | null;
  revoked_reason: string | null;
  /** The permissions a session is narrowed to, separated by blanks (RFC 6749 §3.3); null: not narrowed. */
  scopes: string | null;
  /** `password` or `application`. */
  opened_by: string | null;
  /** What the client called itself: "Firefox on Linux". */
  device: string | null;
  /** Where it was opened from, shortened. */
  network: string | null;
  last_seen_at: number | null;
}

interface RefreshTokenTable {
  /** SHA-256 of the token, base64url. */
  digest: string;
  session_id: string;
  created_at: number;
  consumed_at: number | null;
  /** 32 random bytes, base64url, from which the successor can be made again together with the presented token; erased when the grace ends. */
  successor_seed: string | null;
  successor_digest: string | null;
}

interface EventTable {
  /** UUIDv7. */
  id: string;
  name: string;
  occurred_at: number;
  outcome: string;
  actor_id: string | null;
  subject_id: string | null;
  request_id: string | null;
  /** Client address as resolved. */
  address: string | null;
  /** JSON object text, or null. */
  details: string | null;
  /** More than one where refusals of a minute were folded into one row. */
  count: number;
  /** Unique where not null: kind, subject, network and minute of a coalesced refusal. */
  coalesce_key: string | null;
}

/** Fixed windows kept in the database: the limits on sign-in, refresh and registration. */
interface CounterTable {
  key: string;
  hits: number;
  expires_at: number;
}

/** Failed sign-ins of one account, or of one account from one address. */
interface ThrottleTable {
  key: string;
  failures: number;
  blocked_until: number;
  expires_at: number;
}
