type Value = string | string[];

/** No text that a client can send decodes to it, and every schema of a stored or searched text refuses it. */
const notUtf8 = '\ud800';

function decode(part: string): string {
  if (!part.includes('%') && !part.includes('+')) return part;
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    return notUtf8;
  }
}

/**
 * The query's parameters by name; one that is sent more than once is a list, which no schema takes for a text (ASVS
 * 15.3.7). Escapes that are no UTF-8 are not kept as they are: such a text would look for something, and find nothing.
 */
export function parseQueryString(text: string): Record<string, Value> {
  const found: Record<string, Value> = Object.create(null);
  if (text === '') return found;
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1));
    const before = found[name];
    if (before === undefined) found[name] = value;
    else if (typeof before === 'string') found[name] = [before, value];
    else before.push(value);
  }
  return found;
}
