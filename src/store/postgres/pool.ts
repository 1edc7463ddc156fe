import pg from 'pg';
import { ConfigurationError } from '../../base/errors.js';
import type { Secret } from '../../base/secret.js';

const connectTimeout = 5_000;
const statementTimeout = 5_000;
const oldest = 15;

/** counts and times are int8, which `pg` gives as text; none of ours passes 2^53. */
const int8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 && format !== 'binary'
      ? Number
      : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};

/** `pg` treats these as verify-full and warns that it will not always do so; saying it spares the warning. */
const strictest = new Set(['prefer', 'require', 'verify-ca']);

/** The URL with its sslmode said strictly. */
export function connectionString(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (parsed.searchParams.has('uselibpqcompat')) return url;
  if (strictest.has(parsed.searchParams.get('sslmode') ?? ''))
    parsed.searchParams.set('sslmode', 'verify-full');
  return parsed.href;
}

export function createPool(url: Secret): pg.Pool {
  const pool = new pg.Pool({
    connectionString: connectionString(url.reveal()),
    types,
    max: 10,
    connectionTimeoutMillis: connectTimeout,
    statement_timeout: statementTimeout,
    // A server that hangs without closing the socket never says that the statement took too long.
    query_timeout: statementTimeout + 1_000,
    idle_in_transaction_session_timeout: 2 * statementTimeout,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'sallyport',
  });
  // An idle connection that the server ends would otherwise end this process; the pool has dropped it already.
  pool.on('error', () => {});
  return pool;
}

/** Where the server is, without the password. */
export function serverName(url: Secret): string {
  const text = url.reveal();
  if (!URL.canParse(text)) return 'the server of DATABASE_URL';
  const { host, pathname, searchParams } = new URL(text);
  return `${host || searchParams.get('host') || 'localhost'}${pathname}`;
}

/** Connects once at start: an unreachable or an old server is one clear line then, not a 503 later. */
export async function assertServer(pool: pg.Pool, name: string): Promise<void> {
  const { rows } = await pool
    .query<{ server_version_num: string }>('show server_version_num')
    .catch((error: unknown) => {
      const reason =
        error instanceof Error ? error.message || String((error as { code?: unknown }).code) : String(error);
      throw new ConfigurationError(
        'ERR_STORE_AWAY',
        `Cannot use PostgreSQL at ${name} (${reason}): start it, or correct DATABASE_URL`,
      );
    });
  assertVersion(Number(rows[0]?.server_version_num), name);
}

/** `number` as `server_version_num` has it: 150004 is 15.4. */
export function assertVersion(number: number, name: string): void {
  const version = Math.floor(number / 10_000);
  if (version >= oldest) return;
  throw new ConfigurationError(
    'ERR_STORE_VERSION',
    `PostgreSQL ${version} at ${name} is too old: use ${oldest} or later, or let DATABASE_URL name another server`,
  );
}
