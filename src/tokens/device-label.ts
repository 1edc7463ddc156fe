import bowser from 'bowser';

const longestAgent = 500;
const longestLabel = 80;

/**
 * What a person calls the program and machine behind a User-Agent field: "Firefox on Linux". Null where it says nothing.
 * Only this is kept, never the field itself; whoever sends it may lie.
 */
export function deviceLabel(userAgent: string | undefined): string | null {
  if (userAgent === undefined || userAgent === '' || userAgent.length > longestAgent) return null;
  const { browser, os } = bowser.parse(userAgent);
  const program = printable(browser.name) ?? productOf(userAgent);
  const system = printable(os.name);
  if (program === undefined) return system ?? null;
  return (system === undefined ? program : `${program} on ${system}`).slice(0, longestLabel);
}

/** `curl/8.14.1` names itself first (RFC 9110 §10.1.5). */
const productOf = (userAgent: string): string | undefined =>
  /^[A-Za-z][\w.-]{0,39}(?=\/|$)/.exec(userAgent)?.[0];

const printable = (name: string | undefined): string | undefined =>
  name !== undefined && /^[\w .+/()-]{1,40}$/.test(name) ? name : undefined;
