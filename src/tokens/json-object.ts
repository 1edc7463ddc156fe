import { isUtf8 } from 'node:buffer';
import { namesMemberTwice } from '../base/duplicate-members.js';

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
