import { stderr, stdin } from 'node:process';
import { createInterface } from 'node:readline';
import { ConfigurationError } from '../base/errors.js';

/** A password never comes as an argument: a process list and a shell's history would show it. */
export async function readPassword(options: { readonly fromStdin: boolean }): Promise<string> {
  if (options.fromStdin) return oneTrailingLineEndCut(await readAll());
  if (!stdin.isTTY)
    throw new ConfigurationError(
      'ERR_PASSWORD_MISSING',
      'no terminal to ask for the password: pipe it in and say --password-stdin',
    );
  const first = await askHidden('Password: ');
  if (first !== (await askHidden('Once more: ')))
    throw new ConfigurationError('ERR_PASSWORD_MISMATCH', 'the two passwords differ; nothing was changed');
  return first;
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

const oneTrailingLineEndCut = (text: string): string => text.replace(/\r?\n$/, '');

/** The terminal echoes nothing while a line is typed. */
function askHidden(question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    stderr.write(question);
    const lines = createInterface({ input: stdin, terminal: true });
    lines.once('line', (line) => {
      lines.close();
      stderr.write('\n');
      resolve(line);
    });
    lines.once('SIGINT', () => {
      lines.close();
      stderr.write('\n');
      reject(new ConfigurationError('ERR_INTERRUPTED', 'interrupted; nothing was changed'));
    });
  });
}
