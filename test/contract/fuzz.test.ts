import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAnswers, sendBytes, standingHeaders } from '../support/raw-socket.js';
import { type Person, startServer, type TestServer } from '../support/wire.js';

/** Requests of random shape over all routes. fast-check prints seed and path where one is answered badly. */
const runs = { sqlite: 2_000, postgres: 400 } as const;
const secret = 'Canary-Swordfish-7f3a';

interface Asked {
  readonly method: string;
  readonly route: number;
  readonly target: string;
  readonly lines: readonly string[];
  readonly type: string | undefined;
  readonly body: string;
  readonly who: 'admin' | 'moderator' | 'user' | 'stale' | 'forged' | 'nobody';
  readonly framing: 'length' | 'chunked' | 'none' | 'short' | 'long';
}

const odd = fc.oneof(
  fc.constantFrom(
    '',
    '\0',
    '\ud800',
    '\u202e',
    '%',
    '%00',
    '%ff',
    "' OR 1=1 --",
    '../',
    '__proto__',
    'constructor',
  ),
  fc.constantFrom('1e400', '-1', '99999999999999999999', 'null', 'true', '[]', '{}', 'me', 'x'.repeat(5_000)),
  fc.constantFrom(
    '018f0000-0000-7000-8000-000000000000',
    'admin',
    'person_1',
    'person_1@example.org',
    secret,
  ),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
// A path is logged as it is, and a parameter's name is told in `loc`, as FastAPI does: no places for a secret.
const inPath = odd.filter((text) => text !== secret);
const names = [
  'email',
  'username',
  'password',
  'full_name',
  'bio',
  'role',
  'is_active',
  'token',
  'grant_type',
];
const more = [
  'refresh_token',
  'device_token',
  'current_password',
  'new_password',
  'client_id',
  '__proto__',
  'id',
];
const field = fc.constantFrom(...names, ...more);
const fields = fc.array(fc.tuple(field, odd), { maxLength: 7 });
const good = {
  json: JSON.stringify({ email: 'new@example.org', username: 'fuzz', password: secret }),
  form: `username=person_1&password=${secret}`,
};

/** encodeURIComponent takes no lone surrogate. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

const asJson = fields.map((all) => JSON.stringify(Object.fromEntries(all)));
const asForm = fields.map((all) =>
  all.map(([name, value]) => `${name}=${encodeURIComponent(wellFormed(value))}`).join('&'),
);
const asMultipart = fields.map(
  (all) =>
    `${all.map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('')}--x--\r\n`,
);
const body = fc.oneof(
  asJson,
  fc.json({ maxDepth: 3 }),
  asForm,
  asMultipart,
  odd,
  fc.constantFrom(good.json, good.form, '['.repeat(20_000), '{"a":'.repeat(5_000), `"${'x'.repeat(70_000)}"`),
);
const types = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'];
const type = fc.constantFrom(
  ...types,
  ...types,
  'text/plain',
  'application/json; charset=utf-16',
  ';',
  undefined,
);
const line = fc.constantFrom(
  'Origin: https://evil.example',
  'Origin: null',
  'Access-Control-Request-Method: DELETE',
  'X-Forwarded-For: 1.2.3.4, evil',
  'X-Forwarded-Proto: https',
  'X-HTTP-Method-Override: DELETE',
  'X-Request-ID: \x01\x02',
  'Accept: text/html',
  'Accept-Encoding: gzip;q=\xff',
  'Content-Encoding: gzip',
  'Expect: 100-continue',
  'Expect: x',
  'If-None-Match: *',
  'Range: bytes=0-1',
  'Upgrade: h2c',
  'Transfer-Encoding: gzip',
  'Content-Length: 5',
  'Host: evil.example',
  `Cookie: session=${secret}`,
  `X-API-Key: ${secret}`,
  `Authorization: Basic ${btoa(`x:${secret}`)}`,
);
const query = fc.oneof(
  fc.constant(''),
  fc
    .array(fc.tuple(fc.constantFrom('limit', 'search', 'cursor', 'access_token', '__proto__', 'x[]'), odd), {
      minLength: 1,
      maxLength: 3,
    })
    .map(
      (all) => `?${all.map(([name, value]) => `${name}=${encodeURIComponent(wellFormed(value))}`).join('&')}`,
    ),
  inPath.map((text) => `?${text.replaceAll(/[\s\p{Cc}]/gu, '')}`),
);
const anyMethod = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];

const asked: fc.Arbitrary<Asked> = fc.record({
  // Mostly the route's own method, so that the request gets as far as it can.
  method: fc.oneof(
    { weight: 4, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom(...anyMethod) },
  ),
  route: fc.nat(10_000),
  target: fc
    .tuple(fc.oneof(fc.constant(''), inPath), query)
    .map(([id, rest]) => `${encodeURIComponent(wellFormed(id))}\n${rest}`),
  lines: fc.oneof(fc.constant([]), fc.array(line, { maxLength: 3 })),
  type,
  body,
  who: fc.constantFrom('admin', 'admin', 'moderator', 'user', 'user', 'stale', 'forged', 'nobody'),
  framing: fc.oneof(
    { weight: 8, arbitrary: fc.constant('length' as const) },
    { weight: 2, arbitrary: fc.constantFrom('chunked', 'none', 'short', 'long') },
  ),
});

type Tokens = Readonly<Record<Asked['who'], string | undefined>>;

function bytesOf(server: TestServer, one: Asked, tokens: Tokens): Buffer {
  const table = server.app.routes.table();
  const row = table[one.route % table.length];
  const [id = '', rest = ''] = one.target.split('\n');
  const path = (row?.path ?? '/').replace(':id', id || '018f0000-0000-7000-8000-000000000000');
  const payload = Buffer.from(one.body);
  const token = tokens[one.who];
  const length = payload.length + { length: 0, chunked: 0, none: 0, short: -3, long: 40 }[one.framing];
  const framing =
    one.framing === 'none' || payload.length === 0
      ? []
      : [one.framing === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${Math.max(0, length)}`];
  const head = [
    `${one.method || (row?.method ?? 'GET')} ${path}${rest} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: close',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(one.type === undefined ? [] : [`Content-Type: ${one.type}`]),
    ...framing,
    ...one.lines,
    '',
    '',
  ].join('\r\n');
  const chunk = [Buffer.from(`${payload.length.toString(16)}\r\n`), payload, Buffer.from('\r\n0\r\n\r\n')];
  const sent =
    one.framing === 'none' ? [] : one.framing === 'chunked' && payload.length > 0 ? chunk : [payload];
  return Buffer.concat([Buffer.from(head, 'latin1'), ...sent]);
}

/** The docs page, under DEBUG, is all that is no JSON. */
const docs = /^(?:text\/(?:html|javascript|css|plain)|image\/|application\/json)/;

const promisesMore = ({ framing, lines, body: text }: Asked) =>
  (framing === 'long' && text !== '') || lines.includes('Content-Length: 5');

/** What the parser refuses before it knows the method has a body even for HEAD; the connection ends with it. */
function answersIn(seen: string, isHead: boolean) {
  const refusedByParser = isHead && /^HTTP\/1\.1 4\d\d /.test(seen) && seen.endsWith('}');
  return parseAnswers(seen, isHead && !refusedByParser ? 'HEAD' : 'GET');
}

async function judge(server: TestServer, one: Asked, tokens: Tokens): Promise<number> {
  const bytes = bytesOf(server, one, tokens);
  const isHead = bytes.subarray(0, 5).toString() === 'HEAD ';
  // Who promised more bytes than were sent says goodbye, or the server would wait; it is owed nothing then.
  const halfClose = promisesMore(one);
  const seen = await sendBytes(server.port, bytes, { halfClose });
  const answers = answersIn(seen, isHead);
  if (answers.length === 0) expect(halfClose, JSON.stringify(bytes.toString('latin1'))).toBe(true);
  expect(answers.length).toBeLessThanOrEqual(1);
  for (const { status, headers, body: text, json } of answers) {
    expect(status).toBeLessThan(500);
    expect(headers).toMatchObject(standingHeaders);
    expect(headers['x-request-id']).toMatch(/^[\w-]+$/);
    if (status >= 400 && !isHead)
      expect(json).toMatchObject({
        detail: expect.anything(),
        code: expect.any(String),
        request_id: headers['x-request-id'],
      });
    if (text !== '' && !isHead) expect(headers['content-type']).toMatch(json === undefined ? docs : /json/);
    expect(seen).not.toContain(secret);
    for (const token of Object.values(tokens)) if (token !== undefined) expect(seen).not.toContain(token);
    return status;
  }
  return 0;
}

async function freshTokens(server: TestServer): Promise<Tokens> {
  const people: Record<'admin' | 'moderator' | 'user' | 'stale', Person> = {
    admin: await server.person('admin'),
    moderator: await server.person('moderator'),
    user: await server.person(),
    stale: await server.person(),
  };
  await server.call('POST', '/auth/logout', { token: people.stale.access_token });
  return {
    admin: people.admin.access_token,
    moderator: people.moderator.access_token,
    user: people.user.access_token,
    stale: people.stale.access_token,
    forged: `${people.admin.access_token.slice(0, -4)}AAAA`,
    nobody: undefined,
  };
}

describe.each(['sqlite', 'postgres'] as const)('fuzz on %s', (engine) => {
  it(`answers ${runs[engine]} requests of any shape below 500, in shape, and echoes no secret`, async () => {
    const { server, stop } = await startServer(engine);
    try {
      const statuses = new Map<number, number>();
      let tokens = await freshTokens(server);
      let sent = 0;
      await fc.assert(
        fc.asyncProperty(asked, async (one) => {
          sent += 1;
          // Some requests sign their sender out: new ones come, so that the way behind the guards stays open.
          if (sent % 100 === 0) tokens = await freshTokens(server);
          const status = await judge(server, one, tokens);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }),
        { numRuns: runs[engine] },
      );
      expect(sent).toBe(runs[engine]);
      // It reached all depths: what the parser, the router, the guards, the schemas and the handlers say was heard.
      expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 403, 405, 415, 422]));
      expect((await server.call('GET', '/readyz')).status).toBe(200);
      const said = server.log.lines.join('\n');
      expect(server.log.lines.filter((text) => JSON.parse(text).level >= 50)).toEqual([]);
      expect(said).not.toContain(secret);
      for (const token of Object.values(tokens)) if (token !== undefined) expect(said).not.toContain(token);
    } finally {
      await stop();
    }
  }, 60_000);
});
