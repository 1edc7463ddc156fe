import { expect, it } from 'vitest';
import { type DetailKind, type EventDefinition, eventTable } from '../../src/events/event-table.js';

const kinds = {
  boolean: 'true or false',
  count: 'a number',
  id: 'an id',
  role: 'a role',
  route: 'method and path pattern',
} as const;

const words = (kind: DetailKind): string =>
  typeof kind === 'string' ? kinds[kind] : kind.map((word) => `\`${word}\``).join(', ');

function row([name, event]: [string, EventDefinition]): string {
  const details = Object.entries(event.details).map(([key, kind]) => `\`${key}\`: ${words(kind)}`);
  return `| \`${name}\` | ${event.meaning} | ${event.outcome} | ${event.refusal ? 'yes' : 'no'} | ${details.join('; ') || 'none'} |`;
}

const document = `# Events

Written from \`src/events/event-table.ts\` by \`npx vitest run test/events/events-document.test.ts -u\`; do not edit by hand.

An event says who did what to whom, when, from where and how it ended. It is a row in the transaction of its change:
both are kept, or neither. \`GET /events\` (admin) reads them back, newest first.

What strangers can cause is folded: the refusals of one kind (name and details), subject, network (IPv4 /24, IPv6 /48)
and minute are one row with a \`count\`, which keeps the time, request and address of the first. Every other 401, and every
422 and 429, stands in the log only, so that strangers cannot fill the disk. What somebody signed in changes is a row each
time, bounded by the request limits alone, and no row is removed by itself: watch the table's size.

Every row has \`id\`, \`name\`, \`occurred_at\`, \`outcome\`, \`count\`, and where they apply \`actor_id\` (who did it; none: a
stranger, the server or the command line), \`subject_id\` (to whom), \`request_id\`, \`address\` and \`details\`. The list of names
is closed, and so are the details of each: no free text, never a password, a token, or what somebody typed as a name.

| event | meaning | outcome | folded | details |
| --- | --- | --- | --- | --- |
${Object.entries(eventTable).map(row).join('\n')}
`;

it('docs/events.md says what the table says', async () => {
  await expect(document).toMatchFileSnapshot('../../docs/events.md');
});
