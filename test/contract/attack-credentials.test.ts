import { beforeAll, describe, expect, it } from 'vitest';
import { askRaw, expectRefusal, requestBytes } from '../support/raw-socket.js';
import { describeEachServer, type Person, password } from '../support/wire.js';

describeEachServer('attack: where and how a token is sent', {}, (get) => {
  let person: Person;
  beforeAll(async () => {
    person = await get().person('admin');
  });
  const send = (lines: readonly string[], target = '/users/me', method = 'GET') =>
    askRaw(get().port, requestBytes(method, target, lines));

  const accepted: readonly (readonly [string, (token: string) => string])[] = [
    ['Bearer', (token) => `Authorization: Bearer ${token}`],
    ['bearer in lower case (RFC 9110 §11.1)', (token) => `authorization: bearer ${token}`],
    ['BEARER', (token) => `AUTHORIZATION: BEARER ${token}`],
    ['blanks around it', (token) => `Authorization:   Bearer    ${token}   `],
    ['a tab before the field ends', (token) => `Authorization: Bearer ${token}\t`],
  ];
  it.each(accepted)('%s is a credential', async (_name, line) => {
    expect((await send([line(person.access_token)])).status).toBe(200);
  });

  const refused: readonly (readonly [string, code: string, (token: string) => readonly string[]])[] = [
    ['Bearer twice', 'invalid_credentials', (token) => [`Authorization: Bearer Bearer ${token}`]],
    ['two tokens', 'invalid_credentials', (token) => [`Authorization: Bearer ${token} ${token}`]],
    ['a comma after it', 'invalid_credentials', (token) => [`Authorization: Bearer ${token},`]],
    ['two by comma', 'invalid_credentials', (token) => [`Authorization: Bearer ${token}, Bearer ${token}`]],
    ['in quotes', 'invalid_credentials', (token) => [`Authorization: Bearer "${token}"`]],
    ['as a parameter', 'invalid_credentials', (token) => [`Authorization: Bearer token=${token}`]],
    ['a tab in it', 'invalid_credentials', (token) => [`Authorization: Bearer ${token.replace('.', '\t.')}`]],
    ['latin1 in it', 'invalid_credentials', (token) => [`Authorization: Bearer ${token}\xff`]],
    ['a tab for the blank', 'not_authenticated', (token) => [`Authorization: Bearer\t${token}`]],
    ['no blank', 'not_authenticated', (token) => [`Authorization: Bearer${token}`]],
    ['a colon', 'not_authenticated', (token) => [`Authorization: Bearer:${token}`]],
    ['no scheme', 'not_authenticated', (token) => [`Authorization: ${token}`]],
    ['an empty field', 'not_authenticated', () => ['Authorization:']],
    ['a scheme alone', 'not_authenticated', () => ['Authorization: Bearer']],
    ['a scheme and blanks', 'not_authenticated', () => ['Authorization: Bearer    ']],
    ['JWT', 'not_authenticated', (token) => [`Authorization: JWT ${token}`]],
    ['Token', 'not_authenticated', (token) => [`Authorization: Token ${token}`]],
    ['DPoP', 'not_authenticated', (token) => [`Authorization: DPoP ${token}`]],
    ['Basic', 'not_authenticated', () => [`Authorization: Basic ${btoa(`person_1:${password}`)}`]],
    ['a cookie', 'not_authenticated', (token) => [`Cookie: access_token=${token}; token=${token}`]],
    ['X-Access-Token', 'not_authenticated', (token) => [`X-Access-Token: ${token}`]],
    ['X-API-Key', 'invalid_credentials', (token) => [`X-API-Key: ${token}`]],
    ['X-Api-Token', 'not_authenticated', (token) => [`X-Api-Token: ${token}`]],
    ['Proxy-Authorization', 'not_authenticated', (token) => [`Proxy-Authorization: Bearer ${token}`]],
    ['X-Forwarded-User', 'not_authenticated', () => ['X-Forwarded-User: person_1', 'Remote-User: person_1']],
  ];
  it.each(refused)('%s is 401 %s', async (_name, code, lines) => {
    const answer = await send(lines(person.access_token));
    expectRefusal(answer, 401, code);
    expect(answer.headers['www-authenticate']).toBe(
      code === 'invalid_credentials' ? 'Bearer error="invalid_token"' : 'Bearer',
    );
  });

  it('takes no token from the query, and logs none', async () => {
    const token = person.access_token;
    for (const target of [
      `/users/me?access_token=${token}`,
      `/users/me?token=${token}&authorization=Bearer%20${token}`,
      `/users/me#${token}`,
    ])
      expectRefusal(await send([], target));
    expect(get().log.lines.join('\n')).not.toContain(token);
  });

  it('takes no token from a form (RFC 6750 §2.2)', async () => {
    const form = { access_token: person.access_token };
    expectRefusal(await get().call('POST', '/auth/logout', { form }), 401, 'not_authenticated');
  });

  it('refuses two Authorization lines, whichever of them is good: who stands between may have judged the other', async () => {
    const good = `Authorization: Bearer ${person.access_token}`;
    for (const lines of [
      [good, good],
      [good, 'Authorization: Bearer x'],
      ['authorization: Bearer x', good],
      [good, 'Authorization: Basic eDp4'],
      ['Authorization:', good],
    ])
      expectRefusal(await send(lines), 400, 'bad_request');
  });

  it.each([
    ['8 KB', 8_193, 401],
    ['100 KB', 100_000, 431],
    ['1 MB', 1_000_000, 431],
  ])('answers a token of %s', async (_name, length, status) => {
    const token = 'x'.repeat(length);
    expectRefusal(await send([`Authorization: Bearer ${token}`]), status);
  });

  it('judges a bad credential before anything else of a guarded route, its body not looked at', async () => {
    const headers = { authorization: 'Bearer x.y.z', 'content-type': 'application/json' };
    for (const [method, path] of [
      ['PATCH', '/users/me'],
      ['DELETE', '/users/me'],
      ['POST', '/users/me/password'],
      ['PATCH', '/users/not-a-uuid'],
    ] as const)
      expectRefusal(await get().call(method, path, { headers, body: '{"__proto__":' }), 401);
  });

  describe('a token endpoint', () => {
    it('gives nothing for a token in place of a password', async () => {
      for (const form of [
        { username: person.username, password: person.access_token },
        { username: person.username, password: person.device_token },
        { grant_type: 'refresh_token', refresh_token: person.access_token },
        { grant_type: 'refresh_token', refresh_token: person.device_token },
        { grant_type: 'refresh_token', refresh_token: `${person.refresh_token}=` },
        { grant_type: 'refresh_token', refresh_token: ` ${person.refresh_token}` },
        { grant_type: 'password', refresh_token: person.refresh_token },
        { grant_type: 'client_credentials', client_id: 'sallyport', client_secret: password },
        { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: person.access_token },
        { grant_type: '__proto__', username: person.username, password },
        { grant_type: 'constructor', username: person.username, password },
        { grant_type: 'Password', username: person.username, password },
      ])
        expectRefusal(await get().call('POST', '/auth/token', { form }));
    });

    it('never gives a token in exchange for GET, and takes no credential from the query', async () => {
      const query = new URLSearchParams({ username: person.username, password });
      expectRefusal(await get().call('GET', `/auth/token?${query}`), 405);
      expectRefusal(await get().call('POST', `/auth/token?${query}`, { form: {} }), 422);
      expect(get().log.lines.join('\n')).not.toContain(password);
    });
  });
});
