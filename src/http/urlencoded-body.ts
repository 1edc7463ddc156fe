import { FieldCollector, type FormFields, invalidForm } from './form-fields.js';
import { decodeUtf8 } from './json-body.js';

function decode(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    throw invalidForm('Form is not valid percent-encoded UTF-8');
  }
}

/** `application/x-www-form-urlencoded`, strictly: escapes must be UTF-8, each name once, at most 64 fields. */
export function parseUrlencodedBody(body: Buffer): FormFields {
  const collector = new FieldCollector();
  for (const pair of decodeUtf8(body).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = equals === -1 ? pair : pair.slice(0, equals);
    collector.add(decode(name), equals === -1 ? '' : decode(pair.slice(equals + 1)));
  }
  return collector.fields();
}
