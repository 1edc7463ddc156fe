/** The position after the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** A string is the name of a member where a colon follows. */
function isName(text: string, after: number): boolean {
  let at = after;
  while (at < text.length && ' \t\n\r'.includes(text[at] ?? '')) at += 1;
  return text[at] === ':';
}

/**
 * Whether an object in `text`, at any depth, names a member twice, which JSON.parse lets pass and the next reader may
 * resolve otherwise (RFC 8259 §4). `text` is known to be JSON. Linear and without recursion or backtracking.
 */
export function namesMemberTwice(text: string): boolean {
  /** The names seen so far in what is open; `undefined` for an array. */
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; ) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      const names = open.at(-1);
      if (names !== undefined && isName(text, end)) {
        const name = String(JSON.parse(text.slice(at, end)));
        if (names.has(name)) return true;
        names.add(name);
      }
      at = end;
      continue;
    }
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    at += 1;
  }
  return false;
}
