/** What an .env file holds. `broken` are the lines that could not be read, by number and the name they start with. */
export interface DotenvContent {
  readonly values: ReadonlyMap<string, string>;
  readonly broken: readonly { readonly line: number; readonly name: string | undefined }[];
}

// The grammar is python-dotenv's, which pydantic-settings reads with, so that a file means the same to both.
const blanks = /\s*/y;
const exportWord = /(?:export[^\S\r\n]+)?/y;
const quotedKey = /'([^'\r\n]+)'/y;
const plainKey = /([^=#\s]+)/y;
const equalSign = /[^\S\r\n]*=[^\S\r\n]*/y;
const singleQuoted = /'((?:\\'|[^'])*)'/y;
const doubleQuoted = /"((?:\\"|[^"])*)"/y;
const unquoted = /([^\r\n]*)/y;
const endOfLine = /[^\S\r\n]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|$)/y;
const restOfLine = /[^\r\n]*(?:\r\n|\n|\r|$)/y;

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

class Reader {
  readonly #text: string;
  #position = 0;
  #counted = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  get next(): string {
    return this.#text.charAt(this.#position);
  }

  get position(): number {
    return this.#position;
  }

  set position(position: number) {
    this.#position = position;
  }

  /** Counts on from the last asked position, so that many broken lines cost no more than one pass. */
  lineAt(position: number): number {
    this.#line += this.#text.slice(this.#counted, position).match(/\r\n|\n|\r/g)?.length ?? 0;
    this.#counted = position;
    return this.#line;
  }

  /** Takes what the pattern matches here: its first group, else the whole. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#position = pattern.lastIndex;
    return match[1] ?? match[0];
  }
}

function takeValue(reader: Reader): string | undefined {
  if (reader.next === "'") return reader.take(singleQuoted)?.replace(/\\([\\'])/g, '$1');
  if (reader.next === '"')
    return reader
      .take(doubleQuoted)
      ?.replace(/\\([\\'"abfnrtv])/g, (_, letter: string) => escapes[letter] ?? letter);
  return reader
    .take(unquoted)
    ?.replace(/(?<!\s)\s+#[^\n]*/, '')
    .trimEnd();
}

interface Binding {
  readonly name: string | undefined;
  /** Undefined: a name without an equal sign, which sets nothing. */
  readonly value: string | undefined;
  readonly whole: boolean;
}

function takeBinding(reader: Reader): Binding {
  if (reader.next === '#')
    return { name: undefined, value: undefined, whole: reader.take(endOfLine) !== undefined };
  reader.take(exportWord);
  const name = reader.take(reader.next === "'" ? quotedKey : plainKey);
  if (name === undefined) return { name, value: undefined, whole: false };
  const valued = reader.take(equalSign) !== undefined;
  const value = valued ? takeValue(reader) : undefined;
  const whole = (!valued || value !== undefined) && reader.take(endOfLine) !== undefined;
  return { name, value, whole };
}

/** `${NAME}` and `${NAME:-default}`, from the lines above, then from the process; unknown names give nothing. */
function expand(text: string, values: ReadonlyMap<string, string>, env: Environment): string {
  return text.replace(
    /\$\{([^}:]{0,256})(?::-([^}]{0,4096}))?\}/g,
    (_, name: string, fallback: string | undefined) => {
      const own = Object.hasOwn(env, name) ? env[name] : undefined;
      return values.get(name) ?? own ?? fallback ?? '';
    },
  );
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the text of an .env file as python-dotenv does: `export`, single and double quotes over several lines,
 * escapes, comments, `${NAME}`; a later line wins. A line that cannot be read is skipped and told.
 */
export function parseDotenv(text: string, env: Environment = {}): DotenvContent {
  const reader = new Reader(text.replace(/^\ufeff/, ''));
  const values = new Map<string, string>();
  const broken: { line: number; name: string | undefined }[] = [];
  reader.take(blanks);
  while (!reader.atEnd) {
    const start = reader.position;
    const { name, value, whole } = takeBinding(reader);
    if (!whole) {
      // Back to the line that was begun: what an unclosed quote swallowed is read for itself.
      reader.position = start;
      broken.push({ line: reader.lineAt(start), name });
      reader.take(restOfLine);
    } else if (name !== undefined && value !== undefined) {
      values.set(name, expand(value, values, env));
    }
    reader.take(blanks);
  }
  return { values, broken };
}
