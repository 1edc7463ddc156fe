import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main, Workplace } from '../support/command.js';
import { password } from '../support/wire.js';

const place = new Workplace();
beforeAll(() => place.run(['migrate']));
afterAll(() => place.leave());

/** A terminal by Python's pty module: answers each question, shows all that a person would see. */
const terminal = `
import json, os, pty, sys, time
answers, argv = json.loads(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
seen = b''
while True:
    try:
        chunk = os.read(fd, 4096)
    except OSError:
        break
    if not chunk:
        break
    seen += chunk
    if answers and seen.endswith(answers[0][0].encode()):
        # What a terminal echoes before the program has switched that off would be the terminal's own doing.
        time.sleep(0.1)
        os.write(fd, answers.pop(0)[1].encode())
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(json.dumps({'seen': seen.decode(), 'code': code}))
`;

function typed(username: string, answers: readonly (readonly [string, string])[]) {
  const args = ['users', 'create', '--email', `${username}@example.org`, '--username', username];
  const { stdout } = spawnSync(
    'python3',
    ['-c', terminal, JSON.stringify(answers), process.execPath, main, ...args],
    {
      cwd: place.folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: place.folder,
        SECURITY_BCRYPT_ROUNDS: '4',
        TERM: 'xterm',
      },
      encoding: 'utf8',
    },
  );
  return JSON.parse(stdout) as { seen: string; code: number };
}

test('python3 is here: it makes the terminal', () => {
  expect(execFileSync('python3', ['-c', 'import pty'], { encoding: 'utf8' })).toBe('');
});

test('a password is asked for twice and never shown', () => {
  const { seen, code } = typed('hidden', [
    ['Password: ', `${password}\r`],
    ['Once more: ', `${password}\r`],
  ]);
  expect(seen).toMatch(/made user hidden/);
  expect(seen).not.toContain(password);
  expect(seen).not.toContain(password.slice(0, 5));
  expect(code).toBe(0);
});

test('both lines pasted at once are taken', () => {
  const { seen, code } = typed('pasted', [['Password: ', `${password}\r${password}\r`]]);
  expect([code, /made user pasted/.test(seen), seen.includes(password)]).toEqual([0, true, false]);
});

test('two that differ change nothing', () => {
  const { seen, code } = typed('differs', [
    ['Password: ', `${password}\r`],
    ['Once more: ', 'Something-Else-1\r'],
  ]);
  expect([code, /the two passwords differ; nothing was changed/.test(seen)]).toEqual([1, true]);
});

test.each([
  ['Ctrl+C', '\u0003'],
  ['Ctrl+D', '\u0004'],
])('%s ends it without a change', (_, key) => {
  const { seen, code } = typed('stopped', [['Password: ', key]]);
  expect([code, /interrupted; nothing was changed/.test(seen)]).toEqual([1, true]);
});
