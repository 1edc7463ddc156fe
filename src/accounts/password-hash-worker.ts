import { constants, setPriority } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { hashNow, verifyNow } from './password-hash-sync.js';

export type HashTask =
  | { readonly kind: 'hash'; readonly password: string; readonly rounds: number }
  | {
      readonly kind: 'verify';
      readonly password: string;
      readonly hash: string | undefined;
      readonly rounds: number;
    };

// On Linux the priority is the calling thread's alone, so requests go first and hashes take what is left. Elsewhere it
// would be the whole process's; a system that forbids it hashes at normal priority.
if (!isMainThread && process.platform === 'linux') {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {}
}

/** Runs in a worker thread: one task, computed in place. */
export const perform = (task: HashTask): string | boolean =>
  task.kind === 'hash'
    ? hashNow(task.password, task.rounds)
    : verifyNow(task.password, task.hash, task.rounds);
