import { isUtf8 } from 'node:buffer';

export type JsonObject = { readonly [member: string]: unknown };

/**
 * Reads a JSON object strictly: valid UTF-8 without a byte order mark, no member named twice at any depth (RFC 7515 §4,
 * RFC 7519 §4 leave the choice; two parsers that choose differently would see two tokens). Never throws.
 */
export function parseJsonObject(bytes: Buffer): JsonObject | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    // Text that comes back the same cannot hold a member twice: what we wrote ourselves is settled by one comparison.
    if (JSON.stringify(value) !== text && namesMemberTwice(text)) return undefined;
    return value as JsonObject;
  } catch {
    return undefined;
  }
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/** `text` is known to be JSON, so a string that a colon follows is the name of a member. */
function namesMemberTwice(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  for (const [piece] of text.matchAll(token)) {
    if (piece === '{') open.push(new Set());
    else if (piece === '[') open.push(undefined);
    else if (piece === '}' || piece === ']') open.pop();
    else if (piece === ':') {
      const names = open.at(-1);
      const name = JSON.parse(last) as string;
      if (names?.has(name)) return true;
      names?.add(name);
    }
    last = piece;
  }
  return false;
}
