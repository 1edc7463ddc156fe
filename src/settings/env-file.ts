import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, statSync } from 'node:fs';
import type { Finding } from './refusals.js';

export interface EnvFile {
  /** Undefined where there is no such file, or none that may be taken. */
  readonly text?: string;
  /** The file's permissions; undefined where the system has no POSIX ones. */
  readonly mode?: number;
  readonly finding?: Finding;
}

const limit = 1024 * 1024;

const refuse = (name: string, problem: string, mend: string): EnvFile => ({
  finding: { name, problem, mend, level: 'always' },
});

/**
 * Who writes `.env` chooses the database and the signing key, so a stranger's file in a shared folder is refused.
 * Root's is fine: it owns what a container mounts, and could do anything else as well. For root itself nearly every file
 * is a stranger's (sudo, a mounted project), so development only warns it.
 */
function foreignOwner(source: string, uid: number): Finding | undefined {
  const user = process.geteuid?.();
  if (user === undefined || uid === user || uid === 0) return undefined;
  const problem = `belongs to user ${uid}, but this is user ${user}: its owner could change every setting.`;
  const chown = user === 0 ? `chown 0 ${source}` : `sudo chown ${user} ${source}`;
  const mend = `${chown}, or run as user ${uid}`;
  return { name: source, problem, mend, level: user === 0 ? 'strict' : 'always' };
}

/** A link chooses the file as much as its owner does: one that a stranger laid would have any file of this user's obeyed. */
function linkAt(file: string, source: string): { readonly isLink: boolean; readonly finding?: Finding } {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (!stat?.isSymbolicLink()) return { isLink: false };
  const finding = foreignOwner(source, stat.uid);
  return {
    isLink: true,
    ...(finding && {
      finding: { ...finding, problem: `is a symbolic link that ${finding.problem}`, mend: `rm ${source}` },
    }),
  };
}

function readOpened(descriptor: number, source: string): EnvFile {
  const stat = fstatSync(descriptor);
  if (!stat.isFile())
    return refuse(source, 'is not a regular file.', `put the settings into a plain file ${source}`);
  const finding = foreignOwner(source, stat.uid);
  if (finding?.level === 'always') return { finding };
  if (stat.size > limit) return refuse(source, 'is larger than 1 MiB.', `keep only settings in ${source}`);
  const bytes = readFileSync(descriptor);
  if (bytes.includes(0))
    return refuse(source, 'is not UTF-8 text (it may be UTF-16).', `save ${source} as UTF-8`);
  return {
    text: new TextDecoder('utf-8', { fatal: true }).decode(bytes),
    ...(process.geteuid === undefined ? {} : { mode: stat.mode }),
    ...(finding === undefined ? {} : { finding }),
  };
}

/** Empty where there is no such file; a folder of that name (a Python virtual environment) is none. */
export function readEnvText(file: string, source: string): EnvFile {
  try {
    const { isLink, finding } = linkAt(file, source);
    if (finding?.level === 'always') return { finding };
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined || stat.isDirectory()) return {};
    // What was opened is judged, for a name may lead elsewhere a moment later; a pipe must not hold the start.
    const nofollow = isLink ? 0 : (constants.O_NOFOLLOW ?? 0);
    const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | nofollow);
    try {
      return { ...(finding && { finding }), ...readOpened(descriptor, source) };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return refuse(source, 'is not UTF-8 text.', `save ${source} as UTF-8`);
    return refuse(source, `cannot be read (${code}).`, `chmod u+r ${source}, or run as the user who owns it`);
  }
}

/**
 * Warns where every user of the machine can write the file, or read a secret in it. The group is let be: it is often the
 * way in which a deployment hands the file to the server.
 */
export function openToOthers(
  source: string,
  mode: number | undefined,
  secrets: readonly string[],
): readonly Finding[] {
  const others = (mode ?? 0) & 0o007;
  const mend = `chmod 600 ${source}`;
  if ((others & 0o002) !== 0) {
    const problem = 'can be changed by every user of this machine, and so can every setting.';
    return [{ name: source, problem, mend, level: 'warning' }];
  }
  if ((others & 0o004) === 0 || secrets.length === 0) return [];
  const problem = `holds a secret (${secrets.join(', ')}) and can be read by every user of this machine.`;
  return [{ name: source, problem, mend, level: 'warning' }];
}
