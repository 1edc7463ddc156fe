import { nulRefused, storeUnavailable } from '../store-errors.js';

/** PostgreSQL's classes and codes (appendix A) that time or an operator mends. */
const awayCodes = new Set([
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '57014',
  '25006',
  '25P03',
  '28P01',
  '55P03',
  '3D000',
]);
const awayClasses = new Set(['08', '53', '58']);
const awayNode = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
/** What `pg` says without a code. */
const awayWords =
  /^(Connection terminated|timeout exceeded|Query read timeout|Client (has encountered|was closed)|Cannot use a pool|timeout expired)/;

function postgresCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as Error & { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/** Serialization failure and deadlock: nothing is wrong, the work only has to be done again. */
export const isRepeatable = (error: unknown): boolean =>
  ['40001', '40P01'].includes(postgresCode(error) ?? '');

/** Whether the server, or the way to it, is away. */
function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = postgresCode(error);
  if (code === undefined) return awayWords.test(error.message);
  return (
    awayNode.has(code) || awayCodes.has(code) || (code.length === 5 && awayClasses.has(code.slice(0, 2)))
  );
}

const characterNotInRepertoire = '22021';

/** 503 for a lost server, 400 for a text with NUL, every other error as it is. */
export function translatePostgres(error: unknown): unknown {
  if (isAway(error)) return storeUnavailable('The PostgreSQL server does not answer', error);
  return postgresCode(error) === characterNotInRepertoire ? nulRefused() : error;
}
