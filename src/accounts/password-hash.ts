import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { parsePasswordHash } from './password-hash-format.js';
import { HashQueue, type Lane } from './password-hash-queue.js';
import { assertHasherSound } from './password-hash-self-test.js';
import type { HashTask } from './password-hash-worker.js';
import { isWellFormed } from './text.js';

export interface HasherOptions {
  /** bcrypt's cost: 2^rounds turns. */
  readonly rounds: number;
  /** Worker threads; each computes one hash at a time. */
  readonly threads: number;
  /** How many strangers may wait, and as many known callers beside them. Default: 32 a thread, about 8 s at cost 12. */
  readonly maxQueue?: number;
}

/**
 * Hashes in worker threads of lowered priority. A full queue refuses with service_unavailable, `Retry-After: 1`. Say
 * `known` where a device or a session was proved: those wait in a lane that neither strangers nor one account can fill.
 */
export interface PasswordHasher {
  /** `$2b$…`, or `$bcrypt-sha256$…` where bcrypt would cut the password. The policy has judged the password before. */
  hash(password: string, signal?: AbortSignal, lane?: Lane): Promise<string>;
  /**
   * Costs exactly one full hash, whatever the password's length and whether there is a hash at all: give `undefined` for
   * an unknown account. The signal takes it out while it waits; then it rejects with the signal's reason.
   */
  verify(password: string, hash: string | undefined, signal?: AbortSignal, lane?: Lane): Promise<boolean>;
  /** True where scheme or cost are not today's: ask after a sign-in that succeeded. */
  needsRehash(hash: string): boolean;
  /** Waits for what runs, refuses what waits, ends the threads. */
  close(): Promise<void>;
}

const selfTestRounds = 4;

/** Node 20 runs no TypeScript in a worker thread: tests on the sources use the built worker. */
const workerFile = (): string => {
  const room = import.meta.url.endsWith('.ts') ? '../../dist/accounts/' : './';
  return fileURLToPath(new URL(`${room}password-hash-worker.js`, import.meta.url));
};

function createPool(threads: number): Piscina<HashTask, string | boolean> {
  const pool = new Piscina<HashTask, string | boolean>({
    filename: workerFile(),
    name: 'perform',
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    // The process's flags and secrets are none of a hasher's business; a small heap keeps the server small at rest.
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  // A thread that dies fails its own task; the next task starts another. Without a listener the process would end.
  pool.on('error', () => {});
  return pool;
}

/** Starts the pool and checks it on known vectors; throws ConfigurationError when they fail (the server then must not start). */
export async function createPasswordHasher(options: HasherOptions): Promise<PasswordHasher> {
  const { rounds, threads, maxQueue = threads * 32 } = options;
  const pool = createPool(threads);
  const queue = new HashQueue(threads, maxQueue);
  const run = (task: HashTask, signal?: AbortSignal, lane?: Lane) =>
    queue.run(() => pool.run(task), signal, lane);
  const hashAt = async (cost: number, ...[password, signal, lane]: Parameters<PasswordHasher['hash']>) => {
    // Two passwords that differ in lone surrogates alone would be one in UTF-8.
    if (!isWellFormed(password)) throw new TypeError('A password with lone surrogates has no UTF-8 form.');
    return String(await run({ kind: 'hash', password, rounds: cost }, signal, lane));
  };
  const verifyAt = async (
    cost: number,
    ...[password, stored, signal, lane]: Parameters<PasswordHasher['verify']>
  ) => {
    const hash = isWellFormed(password) ? stored : undefined;
    return (await run({ kind: 'verify', password, hash, rounds: cost }, signal, lane)) === true;
  };
  const close = async () => {
    await queue.close();
    await pool.destroy();
  };
  try {
    await assertHasherSound({
      hash: (password) => hashAt(selfTestRounds, password),
      verify: (password, stored) => verifyAt(selfTestRounds, password, stored),
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    hash: (...given) => hashAt(rounds, ...given),
    verify: (...given) => verifyAt(rounds, ...given),
    needsRehash(stored) {
      const parsed = parsePasswordHash(stored);
      return parsed === undefined || parsed.variant !== '2b' || parsed.cost !== rounds;
    },
    close,
  };
}
