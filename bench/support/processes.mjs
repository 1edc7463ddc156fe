// Child processes of a measurement: pinned to a core where the system can, ended with the bench.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const here = dirname(fileURLToPath(import.meta.url));

/** One core for what is measured, another for what measures it. Without taskset or a second core the system decides. */
export const cores = (() => {
  if (process.platform !== 'linux' || availableParallelism() < 2) return undefined;
  try {
    const mask = execFileSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' });
    const ids = mask
      .slice(mask.lastIndexOf(':') + 1)
      .trim()
      .split(',')
      .flatMap((range) => expand(range));
    return ids.length < 2 ? undefined : { measured: ids[0], load: ids[1] };
  } catch {
    return undefined;
  }
})();

function expand(range) {
  const [from, to = from] = range.split('-').map(Number);
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** @param {{ core?: number, env?: object, stdio?: unknown, node?: string[] }} options */
export function startNode(script, args, { core, env = process.env, stdio, node = [], cwd = root } = {}) {
  const pinned = core !== undefined && cores !== undefined;
  const command = pinned ? 'taskset' : process.execPath;
  const before = pinned ? ['-c', String(core), process.execPath] : [];
  const child = spawn(command, [...before, ...node, script, ...args], { env, stdio, cwd });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** A script of ours that answers `{ … }` messages; resolves with its first one. */
export async function startWorker(name, args, { output = 'inherit', ...options } = {}) {
  const child = startNode(join(here, name), args, {
    ...options,
    stdio: ['ignore', output, 'inherit', 'ipc'],
  });
  return { child, first: await message(child) };
}

function message(child) {
  return new Promise((resolve, reject) => {
    const ended = (code) => reject(new Error(`a child of the bench ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (given) => {
      child.off('exit', ended);
      resolve(given);
    });
  });
}

export function ask(child, question) {
  const answer = message(child);
  child.send(question);
  return answer;
}

export function end(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill(signal);
  });
}

/** Milliseconds of processor that a process has used; undefined where /proc does not tell. */
export function cpuTime(pid) {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  const fields = readFileSync(path, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** MB of memory that a process holds. */
export function residentMemory(pid) {
  if (process.platform === 'linux') {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
