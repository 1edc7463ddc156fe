/** What the Authorization field says, before anybody judged whether it holds. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'malformed' };

const none: Credential = Object.freeze({ kind: 'none' });
const malformed: Credential = Object.freeze({ kind: 'malformed' });
const longestToken = 8192;
const space = 0x20;

/**
 * RFC 6750 §2.1: `Bearer` in any case, blanks, one token of at most 8 KB. Another scheme and an empty credential count as none
 * ("Not authenticated"); blanks within the token or a longer one are malformed ("Could not validate credentials").
 * The token's own alphabet is judged where it is verified.
 */
export function parseCredential(authorization: string | undefined): Credential {
  if (authorization === undefined || authorization.length < 6) return none;
  const scheme = authorization.slice(0, 6);
  if (scheme !== 'Bearer' && scheme.toLowerCase() !== 'bearer') return none;
  if (authorization.length === 6 || authorization.charCodeAt(6) !== space) return none;
  let start = 7;
  while (authorization.charCodeAt(start) === space) start += 1;
  let end = authorization.length;
  while (end > start && authorization.charCodeAt(end - 1) === space) end -= 1;
  if (start >= end) return none;
  const token = authorization.slice(start, end);
  return token.length > longestToken || token.includes(' ') ? malformed : { kind: 'bearer', token };
}
