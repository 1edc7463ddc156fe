import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testJwtSecret } from '../../dist/testing/test-settings.js';
import { forgeHmac, signingInput, type TakenApart, takeApart } from '../support/forged-tokens.js';
import { expectRefusal } from '../support/raw-socket.js';
import { describeEachServer, type Person } from '../support/wire.js';

interface Scene {
  readonly own: TakenApart;
  readonly other: TakenApart;
  readonly person: Person;
  /** Seconds. */
  readonly now: number;
  readonly listener: string;
}

type Forge = (scene: Scene) => string;

const resign = (header: object, claims: object | string) => forgeHmac(header, claims, testJwtSecret);
const withHeader =
  (more: object): Forge =>
  ({ own }) =>
    resign({ ...own.header, ...more }, own.claims);
const withClaims =
  (more: (scene: Scene) => object): Forge =>
  (scene) =>
    resign(scene.own.header, { ...scene.own.claims, ...more(scene) });
const without =
  (claim: string): Forge =>
  ({ own }) =>
    resign(own.header, Object.fromEntries(Object.entries(own.claims).filter(([name]) => name !== claim)));
/** The payload's JSON with one claim spelled by hand. */
const spelled =
  (claim: string, text: string): Forge =>
  ({ own }) =>
    resign(
      own.header,
      JSON.stringify({ ...own.claims, [claim]: '@' }).replace(`"${claim}":"@"`, `"${claim}":${text}`),
    );
const unsigned =
  (alg: unknown): Forge =>
  ({ own }) =>
    `${signingInput({ ...own.header, alg }, own.claims)}.`;
const flipped = (text: string, at: number) =>
  text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);

/** Each of these carries a signature of the server's own key, or none: only what is wrong in it stands in the way. */
const forgeries: readonly (readonly [name: string, forge: Forge])[] = [
  ...['none', 'None', 'NONE', 'nOnE'].map((alg) => [`alg ${alg}`, unsigned(alg)] as const),
  ['alg absent', unsigned(undefined)],
  ['alg null', unsigned(null)],
  ['alg empty', unsigned('')],
  ['alg none with a good signature', withHeader({ alg: 'none' })],
  ['alg in lower case', withHeader({ alg: 'hs256' })],
  ['alg as a list', withHeader({ alg: ['HS256'] })],
  ['alg HS512', ({ own }) => forgeHmac({ ...own.header, alg: 'HS512' }, own.claims, testJwtSecret, 'sha512')],
  ['alg HS384', ({ own }) => forgeHmac({ ...own.header, alg: 'HS384' }, own.claims, testJwtSecret, 'sha384')],
  ['alg RS256', withHeader({ alg: 'RS256' })],
  ['signature stripped', ({ own }) => own.signed],
  ['signature empty', ({ own }) => `${own.signed}.`],
  ['signature flipped at its start', ({ own }) => `${own.signed}.${flipped(own.signature, 0)}`],
  ['signature flipped in its middle', ({ own }) => `${own.signed}.${flipped(own.signature, 20)}`],
  ['signature cut', ({ own }) => `${own.signed}.${own.signature.slice(0, -4)}`],
  ['signature twice', ({ own }) => `${own.signed}.${own.signature}${own.signature}`],
  ['signature of another token', ({ own, other }) => `${own.signed}.${other.signature}`],
  ['signature with stray trailing bits', ({ own }) => `${own.signed}.${nextLetter(own.signature)}`],
  ['signature padded', ({ own }) => `${own.token}=`],
  ['signature as plain base64', ({ own }) => `${own.signed}.${plainBase64(own.signature)}`],
  [
    'claims changed under the old signature',
    ({ own, other }) => `${signingInput(own.header, other.claims)}.${own.signature}`,
  ],
  ['signed by the empty secret', ({ own }) => forgeHmac(own.header, own.claims, '')],
  ['signed by a sample secret', ({ own }) => forgeHmac(own.header, own.claims, 'your-secret-key')],
  ['signed by the kid', ({ own }) => forgeHmac(own.header, own.claims, String(own.header['kid']))],
  ['four parts', ({ own }) => `${own.token}.`],
  ['five parts, as a JWE', ({ own }) => `${own.token}.${own.signature}.${own.signature}`],
  ['a part in front', ({ own }) => `.${own.token}`],
  ['flattened JSON serialization', ({ own }) => JSON.stringify({ payload: own.signed }).replaceAll(' ', '')],
  ['a foreign kid', withHeader({ kid: 'mine' })],
  ['a kid that is a path', withHeader({ kid: '../../../../dev/null' })],
  ['a kid that is SQL', withHeader({ kid: "' UNION SELECT 'secret" })],
  ['a kid that is a number', withHeader({ kid: 0 })],
  ['a kid that is null', withHeader({ kid: null })],
  [
    'an embedded jwk',
    withHeader({ jwk: { kty: 'oct', k: Buffer.from(testJwtSecret).toString('base64url') } }),
  ],
  ['a jku', (scene) => withHeader({ jku: `${scene.listener}/jwks.json` })(scene)],
  ['an x5u', (scene) => withHeader({ x5u: `${scene.listener}/cert.pem` })(scene)],
  ['an x5c', withHeader({ x5c: ['MIIB'] })],
  ['an x5t', withHeader({ x5t: 'AAAA' })],
  ['an unknown crit', withHeader({ crit: ['exp'], exp: 1 })],
  ['an empty crit', withHeader({ crit: [] })],
  ['b64 false', withHeader({ b64: false, crit: ['b64'] })],
  ['b64 true', withHeader({ b64: true })],
  ['typ JWT', withHeader({ typ: 'JWT' })],
  ['typ absent', withHeader({ typ: undefined })],
  ['typ of a refresh token', withHeader({ typ: 'rt+jwt' })],
  ['typ of a logout token', withHeader({ typ: 'logout+jwt' })],
  ['typ of a DPoP proof', withHeader({ typ: 'dpop+jwt' })],
  ['typ with a KELVIN SIGN near it', withHeader({ typ: 'at+jwt\u212a' })],
  ['header is a list', ({ own }) => resign([own.header], own.claims)],
  [
    'header names alg twice',
    ({ own }) => forgeHmac('{"alg":"none","alg":"HS256","typ":"at+jwt"}', own.claims, ''),
  ],
  ['payload is a list', ({ own }) => resign(own.header, [own.claims])],
  ['payload is a string', ({ own }) => resign(own.header, '"sub"')],
  ['payload is null', ({ own }) => resign(own.header, 'null')],
  ['payload is empty', ({ own }) => resign(own.header, '')],
  ['payload is no JSON', ({ own }) => resign(own.header, '{"sub":')],
  ['exp absent', without('exp')],
  ['exp as text', withClaims(({ now }) => ({ exp: String(now + 600) }))],
  ['exp null', withClaims(() => ({ exp: null }))],
  ['exp 1e400', spelled('exp', '1e400')],
  ['exp negative', withClaims(() => ({ exp: -1 }))],
  ['exp -1e400', spelled('exp', '-1e400')],
  ['exp past', withClaims(({ now }) => ({ exp: now - 1, iat: now - 600 }))],
  ['exp this very second', withClaims(({ now }) => ({ exp: now, iat: now - 600 }))],
  ['exp before iat', withClaims(({ now }) => ({ exp: now + 5, iat: now + 10 }))],
  ['nbf future', withClaims(({ now }) => ({ nbf: now + 60 }))],
  ['nbf as text', withClaims(() => ({ nbf: '0' }))],
  ['nbf 1e400', spelled('nbf', '1e400')],
  ['iat absent', without('iat')],
  ['iat as text', withClaims(({ now }) => ({ iat: String(now) }))],
  ['iss other', withClaims(() => ({ iss: 'https://evil.example' }))],
  ['iss with a slash more', withClaims(({ own }) => ({ iss: `${own.claims['iss']}/` }))],
  ['iss absent', without('iss')],
  ['iss as a list', withClaims(({ own }) => ({ iss: [own.claims['iss']] }))],
  ['aud other', withClaims(() => ({ aud: 'https://evil.example' }))],
  ['aud absent', without('aud')],
  ['aud an empty list', withClaims(() => ({ aud: [] }))],
  ['aud a list of others', withClaims(() => ({ aud: ['https://evil.example'] }))],
  ['aud a list with more than text', withClaims(({ own }) => ({ aud: [own.claims['aud'], 1] }))],
  ['aud an object', withClaims(({ own }) => ({ aud: { 0: own.claims['aud'] } }))],
  ['sub absent', without('sub')],
  ['sub unknown', withClaims(() => ({ sub: randomUUID() }))],
  ['sub of somebody else', withClaims(({ other }) => ({ sub: other.claims['sub'] }))],
  ['sid of somebody else', withClaims(({ other }) => ({ sid: other.claims['sid'] }))],
  ['sub in capitals', withClaims(({ own }) => ({ sub: String(own.claims['sub']).toUpperCase() }))],
  ['sub as e-mail', withClaims(({ person }) => ({ sub: person.email }))],
  ['sub as a list', withClaims(({ own }) => ({ sub: [own.claims['sub']] }))],
  ['sub with NUL', withClaims(({ own }) => ({ sub: `${own.claims['sub']}\0` }))],
  ['sid absent', without('sid')],
  ['sid unknown', withClaims(() => ({ sid: randomUUID() }))],
  ['sid null', withClaims(() => ({ sid: null }))],
  ['sid as SQL', withClaims(() => ({ sid: "' OR 1=1 --" }))],
  ['jti absent', without('jti')],
  ['client_id absent', without('client_id')],
  ['a refresh token', ({ person }) => person.refresh_token],
  ['a device token', ({ person }) => person.device_token],
  ['an ID-like token', ({ own }) => resign({ alg: 'HS256', typ: 'JWT' }, { ...own.claims, nonce: 'n' })],
  ['9 KB of token', withClaims(() => ({ padding: 'x'.repeat(9_000) }))],
  ['12 KB of dots', () => '.'.repeat(12_000)],
  ['a dot', () => '.'],
  ['two dots', () => '..'],
];

/** Another last letter that decodes to the same bytes: 32 bytes leave two bits of it unused. */
const nextLetter = (signature: string): string => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = letters.indexOf(signature.slice(-1));
  return signature.slice(0, -1) + letters[last ^ 1];
};
/** Of a signature that holds no character which differs, one is put in front: it is no token either way. */
const plainBase64 = (signature: string): string => {
  const plain = signature.replaceAll('-', '+').replaceAll('_', '/');
  return plain === signature ? `+${plain}` : plain;
};

describeEachServer('attack: forged tokens', {}, (get) => {
  let scene: Scene;
  let listener: Server;
  let connections = 0;
  beforeAll(async () => {
    listener = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const person = await get().person('admin');
    const other = await get().person('admin');
    scene = {
      person,
      own: takeApart(person.access_token),
      other: takeApart(other.access_token),
      now: get().clock.now() / 1000,
      listener: `http://127.0.0.1:${port}`,
    };
  });
  afterAll(() => listener.close());

  const me = (token: string) => get().call('GET', '/users/me', { token });

  it('lets pass what the forger makes when nothing is wrong with it: so each refusal below has one cause', async () => {
    const { own } = scene;
    const faithful = [
      resign(own.header, own.claims),
      resign({ alg: 'HS256', typ: 'at+jwt' }, own.claims),
      resign({ ...own.header, typ: 'application/AT+JWT' }, own.claims),
      resign(own.header, { ...own.claims, aud: [own.claims['aud'], 'https://other.example'] }),
      resign(own.header, { ...own.claims, nbf: scene.now }),
      resign(own.header, { ...own.claims, role: 'admin', padding: 'x'.repeat(1_000) }),
    ];
    for (const token of faithful) expect((await me(token)).status).toBe(200);
  });

  describe.each(forgeries)('%s', (_name, forge) => {
    it('is 401, and revokes nothing', async () => {
      const token = forge(scene);
      const answer = await me(token);
      expectRefusal(answer, 401, 'invalid_credentials');
      expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
      expect(answer.text).not.toContain(token.length > 20 ? token : '\0');
    });
  });

  it('asks no foreign server for a key', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    expect(connections).toBe(0);
  });

  it('does not let a forged token revoke a session', async () => {
    const victim = await get().person();
    const genuine = takeApart(victim.access_token);
    const forged = [
      `${signingInput({ ...genuine.header, alg: 'none' }, genuine.claims)}.`,
      forgeHmac(genuine.header, genuine.claims, 'guess'),
      `${genuine.signed}.`,
      resign(genuine.header, { ...genuine.claims, aud: 'https://evil.example' }),
      victim.device_token,
      'x'.repeat(8_192),
    ];
    for (const token of forged) {
      const answer = await get().call('POST', '/auth/revoke', { form: { token } });
      expect([answer.status, answer.json]).toEqual([200, {}]);
    }
    expect((await me(victim.access_token)).status).toBe(200);
  });

  it('does not know a deleted account, however good its token', async () => {
    const gone = await get().person();
    const admin = scene.person.access_token;
    expect((await get().call('DELETE', `/users/${gone.id}`, { token: admin })).status).toBe(200);
    expectRefusal(await me(gone.access_token), 401, 'invalid_credentials');
    const { header, claims } = takeApart(gone.access_token);
    expectRefusal(await me(resign(header, { ...claims, sid: scene.own.claims['sid'] })), 401);
    expectRefusal(await me(resign(header, { ...scene.own.claims, sub: gone.id })), 401);
  });

  it('takes the role from the database: a claim of one opens nothing', async () => {
    const user = await get().person();
    const { header, claims } = takeApart(user.access_token);
    const more = { role: 'admin', roles: ['admin'], scope: 'users:delete', is_admin: true, is_active: true };
    const token = resign(header, { ...claims, ...more });
    expect((await me(token)).status).toBe(200);
    expectRefusal(await get().call('GET', '/users', { token }), 403, 'insufficient_permissions');
    expectRefusal(await get().call('GET', '/events', { token }), 403, 'admin_required');
  });

  it('lets no token outlive its time', async () => {
    const person = await get().person();
    get().clock.forward(30 * 60 * 1000 - 1);
    expect((await me(person.access_token)).status).toBe(200);
    get().clock.forward(1);
    expectRefusal(await me(person.access_token), 401, 'invalid_credentials');
  });
});
