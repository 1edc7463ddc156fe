import { expect, it } from 'vitest';
import { type Answer, describeEachServer, password, type TestServer } from '../support/wire.js';

const tokenCall = (server: TestServer, form: Record<string, string>, headers: Record<string, string> = {}) =>
  server.call('POST', '/auth/token', { form, headers });

const raw = (server: TestServer, body: string) =>
  server.call('POST', '/auth/token', {
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

const missing = (answer: Answer): unknown[] => {
  expect(answer.status).toBe(422);
  return answer.json.detail.map((one: { type: string; loc: unknown }) => [one.type, one.loc]);
};

function multipart(fields: readonly (readonly [string, string])[]) {
  const boundary = 'x-boundary-x';
  const parts = fields.map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return {
    body: `${parts.join('')}--${boundary}--\r\n`,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  };
}

describeEachServer('seed: OAuth2PasswordRequestForm', {}, (get) => {
  it('takes the form urlencoded and as multipart, the username being the e-mail or the username', async () => {
    const { username, email } = await get().person();
    for (const identifier of [username, username.toUpperCase(), email, email.toUpperCase()]) {
      const answers = [
        await tokenCall(get(), { username: identifier, password }),
        await get().call(
          'POST',
          '/auth/token',
          multipart([
            ['grant_type', 'password'],
            ['username', identifier],
            ['password', password],
          ]),
        ),
      ];
      for (const answer of answers) {
        expect(answer.status).toBe(200);
        expect(Object.keys(answer.json).sort()).toEqual([
          'access_token',
          'device_token',
          'expires_in',
          'refresh_token',
          'token_type',
        ]);
        expect(answer.json).toMatchObject({ token_type: 'bearer', expires_in: 1800 });
        expect(answer.headers['cache-control']).toBe('no-store');
      }
    }
  });

  it('lists missing fields as FastAPI does, an empty one being missing', async () => {
    const both = [
      ['missing', ['body', 'username']],
      ['missing', ['body', 'password']],
    ];
    expect(missing(await tokenCall(get(), {}))).toEqual(both);
    expect(missing(await get().call('POST', '/auth/token'))).toBeTruthy();
    expect(missing(await tokenCall(get(), { username: '', password: '' }))).toEqual(both);
    expect(missing(await tokenCall(get(), { username: 'alice' }))).toEqual([both[1]]);
    expect(missing(await tokenCall(get(), { password: 'x' }))).toEqual([both[0]]);
    expect(missing(await tokenCall(get(), { grant_type: 'refresh_token' }))).toEqual([
      ['missing', ['body', 'refresh_token']],
    ]);
  });

  it.each(['client_credentials', 'PASSWORD', 'authorization_code', '__proto__', 'constructor'])(
    'refuses the grant %s: 400 unsupported_grant_type',
    async (grant) => {
      const answer = await tokenCall(get(), { grant_type: grant, username: 'alice', password });
      expect([answer.status, answer.json.error]).toEqual([400, 'unsupported_grant_type']);
      expect(answer.json).toMatchObject({ detail: 'Unsupported grant type', code: 'unsupported_grant_type' });
    },
  );

  it('tolerates scope, client_id and client_secret, in the body or by Basic', async () => {
    const { username } = await get().person();
    const form = { username, password };
    const client = { scope: 'items:read users:me', client_id: 'web', client_secret: 'not-checked' };
    expect((await tokenCall(get(), { ...form, ...client })).status).toBe(200);
    const basic = `Basic ${Buffer.from('web:not-checked').toString('base64')}`;
    expect((await tokenCall(get(), form, { authorization: basic })).status).toBe(200);
    expect((await tokenCall(get(), { ...form, grant_type: '' })).status).toBe(200);
    expect((await tokenCall(get(), { ...form, unheard_of: 'yes' })).status).toBe(200);
  });

  it('names the client in the token, or sallyport where the name is none', async () => {
    const { username } = await get().person();
    const clientOf = async (client_id?: string) => {
      const answer = await tokenCall(get(), {
        username,
        password,
        ...(client_id === undefined ? {} : { client_id }),
      });
      const payload = String(answer.json.access_token).split('.')[1] ?? '';
      return JSON.parse(Buffer.from(payload, 'base64url').toString()).client_id;
    };
    expect(await clientOf('web.app-1')).toBe('web.app-1');
    expect(await clientOf()).toBe('sallyport');
    expect(await clientOf('no blanks <allowed>')).toBe('sallyport');
    expect(await clientOf('x'.repeat(65))).toBe('sallyport');
  });

  it('refuses a parameter that is sent twice (RFC 6749 §3.2)', async () => {
    const { username } = await get().person();
    const twice = await raw(get(), `username=${username}&password=x&password=${password}`);
    expect(twice.status).toBe(422);
    const parts = multipart([
      ['username', username],
      ['password', password],
      ['password', password],
    ]);
    expect((await get().call('POST', '/auth/token', parts)).status).toBe(422);
  });

  it('takes no JSON: 415', async () => {
    const answer = await get().call('POST', '/auth/token', { json: { username: 'alice', password } });
    expect(answer.status).toBe(415);
  });

  it('answers a wrong password and an unknown user alike, to the byte but for the request id', async () => {
    const { username, email } = await get().person();
    const bodies = [];
    for (const identifier of [username, email, 'nobody_at_all', 'nobody@example.net', '\u0000', 'a b@c']) {
      const answer = await tokenCall(get(), { username: identifier, password: 'Wrong-1865' });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.json).toEqual({
        detail: 'Incorrect username or password',
        error: 'invalid_grant',
        code: 'sign_in_failed',
        request_id: answer.headers['x-request-id'],
      });
      const { 'x-request-id': _id, date: _date, ...headers } = answer.headers;
      bodies.push(JSON.stringify(headers));
    }
    expect(new Set(bodies).size).toBe(1);
  });
});
