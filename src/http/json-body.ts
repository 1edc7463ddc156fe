import { InvalidInput } from '../base/errors.js';

/** Deeper documents are refused: what comes after (schemas, copies) walks recursively. */
const maxDepth = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true });

const invalidJson = (msg: string): InvalidInput =>
  new InvalidInput([{ loc: ['body'], msg, type: 'json_invalid' }]);

/** The text of a body; a byte order mark is dropped (RFC 8259 §8.1). Refuses what is no UTF-8. */
export function decodeUtf8(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw invalidJson('Body is not valid UTF-8');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own message quotes the input, so it stays behind.
    throw invalidJson('JSON decode error');
  }
}

interface Frame {
  /** The keys seen so far; `undefined` in an array. */
  readonly keys: Set<string> | undefined;
  /** Whether this object is the value of a key `constructor`. */
  readonly ofConstructor: boolean;
}

function takeKey(frame: Frame, key: string): void {
  if (key === '__proto__' || (frame.ofConstructor && key === 'prototype')) {
    throw invalidJson('Body holds a key that is not allowed');
  }
  if (frame.keys?.has(key)) throw invalidJson('Body holds the same key twice');
  frame.keys?.add(key);
}

/** The position after the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

const isKey = (text: string, after: number): boolean => {
  let at = after;
  while (at < text.length && ' \t\n\r'.includes(text[at] ?? '')) at += 1;
  return text[at] === ':';
};

/**
 * Walks a document that has parsed and refuses what JSON.parse lets pass: the same key twice (two readers may see two
 * documents), keys that reach for prototypes, nesting beyond 64. Linear, without recursion.
 */
function assertPlain(text: string): void {
  const frames: Frame[] = [];
  let lastKey: string | undefined;
  for (let at = 0; at < text.length; ) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      const frame = frames.at(-1);
      if (frame?.keys !== undefined && isKey(text, end)) {
        lastKey = String(JSON.parse(text.slice(at, end)));
        takeKey(frame, lastKey);
      } else {
        lastKey = undefined;
      }
      at = end;
      continue;
    }
    if (character === '{' || character === '[') {
      if (frames.length === maxDepth) throw invalidJson('Body is nested too deeply');
      const keys = character === '{' ? new Set<string>() : undefined;
      frames.push({ keys, ofConstructor: character === '{' && lastKey === 'constructor' });
      lastKey = undefined;
    } else if (character === '}' || character === ']') {
      frames.pop();
    }
    at += 1;
  }
}

/** A JSON body under one strict reading (ASVS 1.5.3). An empty body is `undefined`, for the schema to miss. */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  const text = decodeUtf8(body);
  const value = parse(text);
  assertPlain(text);
  return value;
}
