import { createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { jwtVerify, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { uuidv7 } from '../../src/base/random.js';
import type { JwtAlgorithm } from '../../src/settings/settings.js';
import { createAccessTokens } from '../../src/tokens/access-token.js';
import { clockAt, everyAlgorithm, forge, hs256Secret, keyFor, keyTexts } from './support.js';

const start = 1_800_000_000_000;
const second = start / 1000;
const issuer = 'https://api.example.com';
const id = uuidv7({ now: () => start });
const requiredClaims = ['iss', 'aud', 'exp', 'iat', 'sub', 'sid', 'jti', 'client_id'];

const joseKey = (name: JwtAlgorithm) =>
  name === 'HS256' ? createSecretKey(Buffer.from(hs256Secret)) : createPublicKey(keyTexts[name]);

/** The oracle, asked for the same profile as ours. */
const joseAccepts = (name: JwtAlgorithm, algorithms: readonly string[], token: string) =>
  jwtVerify(token, joseKey(name), {
    algorithms: [...algorithms],
    typ: 'at+jwt',
    issuer,
    audience: issuer,
    requiredClaims,
    currentDate: new Date(start),
  }).then(
    () => true,
    () => false,
  );

interface Parts {
  readonly header: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';

/** Where we are stricter than jose on purpose: the whole list. */
const stricter: Readonly<Record<string, (parts: Parts, kid: string) => boolean>> = {
  'a header member that brings a key': ({ header }) =>
    ['jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256'].some((member) => member in header),
  'b64, which jose heeds only beside crit': ({ header }) => 'b64' in header,
  'a foreign kid, where jose leaves the choice of the key to its caller': ({ header }, kid) =>
    'kid' in header && header['kid'] !== kid,
  'sub and sid that are no UUIDs': ({ payload }) => payload['sub'] !== id || payload['sid'] !== id,
  'jti and client_id that are no text': ({ payload }) =>
    !isText(payload['jti']) || !isText(payload['client_id']),
  'an audience with members that are no text': ({ payload: { aud } }) =>
    Array.isArray(aud) && !aud.every((one) => typeof one === 'string'),
  'an exp or iat that is infinite, an iat after exp': ({ payload: { exp, iat } }) =>
    !Number.isFinite(exp) || !Number.isFinite(iat) || Number(iat) > Number(exp),
};

const oddities = [null, '', 'x', 0, 1, -1, true, [], {}, [issuer], [issuer, 1], ['x', issuer], id, issuer];
const times = [second - 1, second, second + 1, second + 0.5, second + 60, 1e15, String(second + 60)];
const value = fc.constantFrom<unknown>(...oddities, ...times);
const algorithmNames = ['none', 'HS256', 'HS384', 'ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256', '', null, 1];
const types = ['at+jwt', 'AT+JWT', 'application/at+jwt', 'JWT', 'at+jwt ', 'x/at+jwt', '', null, 1];

const headerChange = fc.oneof(
  fc.tuple(fc.constant('alg'), fc.constantFrom<unknown>(...algorithmNames)),
  fc.tuple(fc.constant('typ'), fc.constantFrom<unknown>(...types)),
  fc.tuple(fc.constant('crit'), fc.constantFrom<unknown>([], ['exp'], ['b64'], 'x', null)),
  fc.tuple(fc.constantFrom('kid', 'jwk', 'jku', 'x5u', 'x5c', 'x5t', 'b64', 'cty', 'zip', 'foo'), value),
);
const payloadChange = fc.tuple(fc.constantFrom(...requiredClaims, 'nbf', 'scope'), value);
const removal = fc.constantFrom(...requiredClaims, 'alg', 'typ');

const cases = fc.record({
  headerChanges: fc.array(headerChange, { maxLength: 2 }),
  payloadChanges: fc.array(payloadChange, { maxLength: 2 }),
  removals: fc.array(removal, { maxLength: 1 }),
});

describe.each(everyAlgorithm)('%s against jose', (name) => {
  it('accepts what jose accepts, but for the list', async () => {
    const key = await keyFor(name);
    const tokens = createAccessTokens({
      key,
      issuer,
      audience: issuer,
      expireMinutes: 30,
      clock: clockAt(start),
    });
    const goodHeader = { alg: name, typ: 'at+jwt', kid: key.kid };
    const goodPayload = {
      ...{ iss: issuer, aud: issuer, sub: id, sid: id, jti: 'j', client_id: 'c' },
      ...{ iat: second, exp: second + 60 },
    };
    const seen = { both: 0, neither: 0, stricter: 0 };
    await fc.assert(
      fc.asyncProperty(cases, async ({ headerChanges, payloadChanges, removals }) => {
        const header: Record<string, unknown> = { ...goodHeader, ...Object.fromEntries(headerChanges) };
        const payload: Record<string, unknown> = { ...goodPayload, ...Object.fromEntries(payloadChanges) };
        for (const removed of removals) {
          delete header[removed];
          delete payload[removed];
        }
        const token = forge(key, header, payload);
        const ours = tokens.verify(token) !== undefined;
        const theirs = await joseAccepts(name, key.algorithmNames, token);
        const reasons = Object.entries(stricter).filter(([, holds]) => holds({ header, payload }, key.kid));
        seen[ours ? 'both' : theirs ? 'stricter' : 'neither'] += 1;
        if (reasons.length > 0) expect(ours).toBe(false);
        else expect(ours).toBe(theirs);
      }),
      { numRuns: name === 'HS256' ? 1000 : 400 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5);
  });

  it('refuses what jose refuses of a mutated token', async () => {
    const key = await keyFor(name);
    const tokens = createAccessTokens({
      key,
      issuer,
      audience: issuer,
      expireMinutes: 30,
      clock: clockAt(start),
    });
    const { accessToken } = tokens.issue({
      ...{ accountId: id, sessionId: id, clientId: 'c' },
      expiresAt: start + 86_400_000,
    });
    expect(await joseAccepts(name, key.algorithmNames, accessToken)).toBe(true);
    const place = fc.nat({ max: accessToken.length - 1 });
    const piece = fc.oneof(
      fc.constantFrom('', '.', 'A', '=', ' ', '\n', '+', '/', '-', '_'),
      fc.string({ maxLength: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(place, piece, fc.nat({ max: 2 }), async (at, inserted, cut) => {
        const mutated = accessToken.slice(0, at) + inserted + accessToken.slice(at + cut);
        if (mutated === accessToken) return;
        // jose reads blanks, padding, the other alphabet and stray last bits (its base64 is lenient); we read none.
        expect(tokens.verify(mutated)).toBeUndefined();
        const canonical = mutated
          .split('.')
          .every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
        if (canonical) expect(await joseAccepts(name, key.algorithmNames, mutated)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('takes what jose signs', async () => {
    const key = await keyFor(name);
    const tokens = createAccessTokens({
      key,
      issuer,
      audience: issuer,
      expireMinutes: 30,
      clock: clockAt(start),
    });
    const signingKey =
      name === 'HS256' ? createSecretKey(Buffer.from(hs256Secret)) : createPrivateKey(keyTexts[name]);
    for (const alg of key.algorithmNames) {
      const token = await new SignJWT({ sid: id, client_id: 'c' })
        .setProtectedHeader({ alg, typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(id)
        .setJti('j')
        .setIssuedAt(second)
        .setExpirationTime(second + 60)
        .sign(signingKey);
      expect(tokens.verify(token)).toMatchObject({ sub: id, sid: id, jti: 'j' });
    }
  });
});
