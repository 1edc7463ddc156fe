import { namesMemberTwice } from '../base/duplicate-members.js';
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

/**
 * Refuses what JSON.parse lets pass: keys that reach for prototypes, nesting beyond 64. The recursion ends at that depth.
 */
function assertPlain(value: unknown, depth = 0, ofConstructor = false): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth === maxDepth) throw invalidJson('Body is nested too deeply');
  if (Array.isArray(value)) {
    for (const item of value) assertPlain(item, depth + 1);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__' || (ofConstructor && key === 'prototype'))
      throw invalidJson('Body holds a key that is not allowed');
    assertPlain(member, depth + 1, key === 'constructor');
  }
}

/** A JSON body under one strict reading (ASVS 1.5.3). An empty body is `undefined`, for the schema to miss. */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  const text = decodeUtf8(body);
  const value = parse(text);
  assertPlain(value);
  // What an earlier member of the same name held is in no value: only the text tells.
  if (namesMemberTwice(text)) throw invalidJson('Body holds the same key twice');
  return value;
}
