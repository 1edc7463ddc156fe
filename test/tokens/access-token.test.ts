import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../src/base/random.js';
import { type AccessTokens, createAccessTokens } from '../../src/tokens/access-token.js';
import type { SigningKey } from '../../src/tokens/signing-keys.js';
import { clockAt, everyAlgorithm, forge, keyFor } from './support.js';

const start = 1_800_000_000_000;
const second = start / 1000;
const issuer = 'https://api.example.com';
const sub = uuidv7({ now: () => start });
const sid = uuidv7({ now: () => start });
const grant = { accountId: sub, sessionId: sid, clientId: 'sallyport', expiresAt: start + 7 * 86_400_000 };

let key: SigningKey;
beforeAll(async () => {
  key = await keyFor('HS256');
});

function tokensAt(time = start): { tokens: AccessTokens; clock: { time: number } } {
  const clock = clockAt(time);
  return { tokens: createAccessTokens({ key, issuer, audience: issuer, expireMinutes: 30, clock }), clock };
}

const claims = (more: object = {}) => ({
  iss: issuer,
  aud: issuer,
  sub,
  sid,
  client_id: 'sallyport',
  jti: 'one',
  iat: second,
  exp: second + 60,
  ...more,
});

const accepts = (payload: unknown, time = start) =>
  tokensAt(time).tokens.verify(forge(key, { alg: 'HS256', typ: 'at+jwt' }, payload)) !== undefined;

describe('issue', () => {
  it('writes the claims of RFC 9068 §2.2 and no more', () => {
    const { tokens } = tokensAt();
    const { accessToken, expiresIn } = tokens.issue(grant);
    const [header = '', payload = ''] = accessToken.split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      alg: 'HS256',
      typ: 'at+jwt',
      kid: key.kid,
    });
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({
      iss: issuer,
      aud: issuer,
      sub,
      sid,
      client_id: 'sallyport',
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: second,
      exp: second + 1800,
    });
    expect(expiresIn).toBe(1800);
    expect(tokens.verify(accessToken)).toMatchObject({ sub, sid, clientId: 'sallyport', exp: second + 1800 });
  });

  it('gives every token its own jti', () => {
    const { tokens } = tokensAt();
    expect(tokens.verify(tokens.issue(grant).accessToken)?.jti).not.toBe(
      tokens.verify(tokens.issue(grant).accessToken)?.jti,
    );
  });

  it('ends with the session at the latest, and says so in expires_in', () => {
    const { tokens } = tokensAt();
    const short = tokens.issue({ ...grant, expiresAt: start + 90_500 });
    expect(short.expiresIn).toBe(90);
    expect(tokens.verify(short.accessToken)?.exp).toBe(second + 90);
    const over = tokens.issue({ ...grant, expiresAt: start - 5000 });
    expect(over.expiresIn).toBe(0);
    expect(tokens.verify(over.accessToken)).toBeUndefined();
  });

  it.each(everyAlgorithm)('stays under 2 KB with %s', async (name) => {
    const long = `https://${'a'.repeat(200)}.example.com`;
    const options = {
      key: await keyFor(name),
      issuer: long,
      audience: long,
      expireMinutes: 30,
      clock: clockAt(start),
    };
    const tokens = createAccessTokens(options);
    const { accessToken } = tokens.issue({ ...grant, clientId: 'c'.repeat(64) });
    expect(accessToken.length).toBeLessThan(2048);
    expect(tokens.verify(accessToken)?.sub).toBe(sub);
  });
});

describe('time', () => {
  it('exp is exclusive, to the millisecond', () => {
    const { tokens, clock } = tokensAt();
    const { accessToken } = tokens.issue(grant);
    clock.time = start + 1_799_999;
    expect(tokens.verify(accessToken)).toBeDefined();
    clock.time = start + 1_800_000;
    expect(tokens.verify(accessToken)).toBeUndefined();
  });

  it('a clock that is set back locks nobody out', () => {
    const { tokens, clock } = tokensAt();
    const { accessToken } = tokens.issue(grant);
    clock.time = start - 3_600_000;
    expect(tokens.verify(accessToken)).toBeDefined();
  });

  it.each([undefined, null, '', 'x', String(second + 60), true, [], {}, 0, -1, second, second - 1])(
    'exp %j is refused',
    (exp) => expect(accepts(claims({ exp }))).toBe(false),
  );

  it('exp 1e400 (Infinity once parsed) is refused', () => {
    const text = JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e400');
    expect(accepts(text)).toBe(false);
  });

  it.each([undefined, null, '1', true, second + 61])('iat %j is refused', (iat) =>
    expect(accepts(claims({ iat }))).toBe(false),
  );

  it('nbf is obeyed where it stands', () => {
    expect(accepts(claims({ nbf: second }))).toBe(true);
    for (const nbf of [second + 1, null, '0', true, {}]) expect(accepts(claims({ nbf }))).toBe(false);
  });
});

describe('claims', () => {
  it('a good set passes, alone or with more, and as an audience of several', () => {
    expect(accepts(claims())).toBe(true);
    expect(accepts(claims({ scope: 'x', role: 'admin', is_active: true }))).toBe(true);
    expect(accepts(claims({ aud: ['https://other.example', issuer] }))).toBe(true);
  });

  it.each([
    ['iss', [undefined, null, '', `${issuer}/`, 'http://api.example.com', [issuer], issuer.toUpperCase()]],
    [
      'aud',
      [undefined, null, '', 'https://other.example', [], ['x'], [[issuer]], [issuer, 1], { 0: issuer }],
    ],
    ['sub', [undefined, null, '', 'alice', 1, [sub], `${sub}\n`, sub.toUpperCase(), `${sub}\0`]],
    ['sid', [undefined, null, '', 'alice', 1, [sid], `${sid} `, sid.replaceAll('-', '')]],
    ['jti', [undefined, null, '', 1]],
    ['client_id', [undefined, null, '', 1, ['sallyport']]],
  ])('%s out of order is refused', (name, values) => {
    for (const value of values) expect(accepts(claims({ [name]: value })), JSON.stringify(value)).toBe(false);
  });

  it('what a prototype offers does not count', () => {
    expect(accepts(`{"__proto__":${JSON.stringify(claims())}}`)).toBe(false);
  });
});

it('never throws', () => {
  const { tokens } = tokensAt();
  fc.assert(fc.property(fc.anything(), (token) => tokens.verify(token) === undefined));
  fc.assert(
    fc.property(
      fc.json(),
      fc.json(),
      (header, payload) => tokens.verify(forge(key, header, payload)) === undefined,
    ),
  );
  const field = fc.constantFrom(...Object.keys(claims()));
  fc.assert(
    fc.property(field, fc.jsonValue(), (name, value) => {
      expect(() => accepts(claims({ [name]: value }))).not.toThrow();
    }),
  );
});
