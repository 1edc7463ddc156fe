import { stderr, stdin } from 'node:process';
import { createInterface, type Interface } from 'node:readline';
import { ConfigurationError } from '../base/errors.js';

/** A password never comes as an argument: a process list and a shell's history would show it. */
export async function readPassword(options: { readonly fromStdin: boolean }): Promise<string> {
  if (options.fromStdin) return oneTrailingLineEndCut(asText(await readAll()));
  if (!stdin.isTTY)
    throw new ConfigurationError(
      'ERR_PASSWORD_MISSING',
      'no terminal to ask for the password: pipe it in and say --password-stdin',
    );
  const [first, second] = await askHidden(['Password: ', 'Once more: ']);
  if (first === undefined || first !== second)
    throw new ConfigurationError(
      'ERR_PASSWORD_MISMATCH',
      'the two passwords differ; nothing was changed. Run the command again and type the same one twice',
    );
  return first;
}

async function readAll(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Bytes that are no text would become another password than the one that was meant. */
function asText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ConfigurationError(
      'ERR_PASSWORD_ENCODING',
      'the password on standard input is not UTF-8; nothing was changed',
    );
  }
}

const oneTrailingLineEndCut = (text: string): string => text.replace(/\r?\n$/, '');

/** The terminal echoes nothing while a line is typed. Both lines may be pasted at once. */
async function askHidden(questions: readonly string[]): Promise<string[]> {
  const lines = createInterface({ input: stdin, terminal: true });
  try {
    return await readLines(lines, questions);
  } finally {
    lines.close();
  }
}

function readLines(lines: Interface, questions: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const answers: string[] = [];
    const ask = () => stderr.write(questions[answers.length] ?? '');
    const interrupted = () =>
      reject(new ConfigurationError('ERR_INTERRUPTED', 'interrupted; nothing was changed'));
    lines.on('line', (line) => {
      answers.push(line);
      stderr.write('\n');
      if (answers.length < questions.length) ask();
      else resolve(answers);
    });
    lines.once('SIGINT', () => {
      stderr.write('\n');
      interrupted();
    });
    // The end of input (Ctrl+D) closes it too.
    lines.once('close', interrupted);
    ask();
  });
}
