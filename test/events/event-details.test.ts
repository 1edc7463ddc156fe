import { describe, expect, it } from 'vitest';
import { writeDetails } from '../../src/events/event-details.js';
import { type EventDefinition, type EventName, eventTable } from '../../src/events/event-table.js';

const sessionId = '0199aaaa-bbbb-7ccc-8ddd-eeeeffff0000';
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const opaqueToken = 'x7Yp0aVQm2k9Zr4tB1sNcE6uWfGhJ8dLoPiKqRvTyMw';
const rows = Object.entries(eventTable) as [EventName, EventDefinition][];

describe('the table of events', () => {
  it.each(rows)('%s is a dotted name in the past tense with a meaning', (name, event) => {
    expect(name).toMatch(/^[a-z_]+\.[a-z_]+(ed|en)$/);
    expect(event.meaning).toMatch(/^[A-Z].*\.$/);
    expect(event.refusal).toBe(event.outcome === 'failure');
  });
});

describe('writeDetails', () => {
  it('writes what the table lists, in its order', () => {
    expect(writeDetails('session.revoked', { reason: 'signed_out', session_id: sessionId })).toBe(
      `{"session_id":"${sessionId}","reason":"signed_out"}`,
    );
    expect(writeDetails('authorization.denied', { route: 'DELETE /users/:id' })).toBe(
      '{"route":"DELETE /users/:id"}',
    );
    expect(writeDetails('account.updated', { full_name: false, bio: true })).toBe(
      '{"full_name":false,"bio":true}',
    );
  });

  it.each([
    'GET /',
    'GET /:id(\\d+)',
    'GET /at/:hour(^\\d{2})h:minute(^\\d{2})m',
    'GET /:file(^[a-z]+|\\d+).:ext?',
    'DELETE /a/::verb/*',
    'GET /caf%C3%A9/~me',
  ])("takes Fastify's pattern %s as a route", (route) => {
    expect(JSON.parse(writeDetails('authorization.denied', { route }) ?? '')).toEqual({ route });
  });

  it.each([
    'GET /users/correct horse battery staple',
    'GET /a\n',
    'GET /a"b',
    'GET /a<script>',
    'GET a',
    'get /a',
    `GET /${'a'.repeat(201)}`,
  ])('takes no free text as a route: %j', (route) => {
    expect(() => writeDetails('authorization.denied', { route })).toThrow(/takes no such detail/);
  });

  it('is null where there is nothing to say', () => {
    expect(writeDetails('server.stopped')).toBeNull();
    expect(writeDetails('account.deleted', { by: undefined })).toBeNull();
  });

  it.each(rows)('%s takes no password and no token anywhere, and does not repeat it', (name, event) => {
    for (const secret of [jwt, opaqueToken, 'correct horse battery staple', 'P@ssw0rd!', 'a\nb', '']) {
      for (const key of [
        ...Object.keys(event.details),
        'password',
        'token',
        '__proto__',
        'constructor',
        'toString',
      ]) {
        const attempt = () => writeDetails(name, Object.fromEntries([[key, secret]]));
        expect(attempt, `${key} = ${secret}`).toThrow(/takes no such detail/);
        expect(attempt).not.toThrow(secret === '' ? '§' : secret);
      }
    }
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', null])(
    'takes no count %j',
    (sessions_ended) => {
      expect(() => writeDetails('password.changed', { sessions_ended })).toThrow(/sessions_ended/);
    },
  );
});
