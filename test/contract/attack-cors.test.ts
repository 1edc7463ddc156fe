import { expect, it } from 'vitest';
import { askRaw, requestBytes } from '../support/raw-socket.js';
import { describeEachServer, startServer } from '../support/wire.js';

const good = 'https://app.example.org';
const env = { SECURITY_CORS_ORIGINS: `${good},http://localhost:3000` };

const strangers = [
  'https://evil.example',
  'null',
  'https://app.example.org.evil.example',
  'https://evil-app.example.org',
  'https://evil.app.example.org',
  'https://example.org',
  'https://app.example.orgx',
  'https://app-example.org',
  'https://appxexample.org',
  'http://app.example.org',
  'https://app.example.org:8443',
  'https://app.example.org:443',
  'https://app.example.org/',
  'https://app.example.org.',
  'https://APP.example.org',
  'https://user@app.example.org',
  'https://app.example.org@evil.example',
  'https://app.example.org%60.evil.example',
  'https://app.example.org_.evil.example',
  'https://app.example.org,https://evil.example',
  'https://app.example.org https://evil.example',
  'http://localhost:3001',
  'https://localhost:3000',
  'http://127.0.0.1:3000',
  'file://',
  'chrome-extension://abc',
  'app.example.org',
  '*',
];

const permissions = (headers: Readonly<Record<string, string>>) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));

describeEachServer('attack: CORS', { env }, (get) => {
  const send = (method: string, target: string, lines: readonly string[]) =>
    askRaw(get().port, requestBytes(method, target, lines));

  it.each(strangers)('%s gets no permission', async (origin) => {
    const preflight = ['Access-Control-Request-Method: GET', 'Access-Control-Request-Headers: authorization'];
    for (const answer of [
      await send('GET', '/healthz', [`Origin: ${origin}`]),
      await send('GET', '/users/me', [`Origin: ${origin}`]),
      await send('POST', '/nothing', [`Origin: ${origin}`]),
      await send('OPTIONS', '/users/me', [`Origin: ${origin}`, ...preflight]),
    ]) {
      expect(permissions(answer.headers)).toEqual([]);
      expect(answer.headers['vary']).toBe('Origin');
    }
  });

  it('gives a listed origin its own name, never a list or a star, and only on its own', async () => {
    const answer = await send('GET', '/users/me', [`Origin: ${good}`]);
    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': good,
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    });
    expect(permissions((await send('GET', '/users/me', [])).headers)).toEqual([]);
  });

  it('is not talked into permission by two Origin lines', async () => {
    for (const lines of [
      ['Origin: https://evil.example', `Origin: ${good}`],
      [`Origin: ${good}`, 'Origin: https://evil.example'],
    ]) {
      const { headers } = await send('GET', '/users/me', lines);
      expect(headers['access-control-allow-origin'] ?? good).toBe(good);
    }
  });

  it.each([
    ['TRACE', 'authorization'],
    ['CONNECT', 'authorization'],
    ['PROPFIND', 'authorization'],
    ['*', '*'],
    ['get', 'x-evil'],
    ['DELETE', 'authorization, x-evil, cookie'],
    ['GET\tEVIL', 'x-forwarded-for'],
    ['', ''],
  ])('answers a preflight for %s with %s by the fixed lists, and echoes nothing', async (method, headers) => {
    const answer = await send('OPTIONS', '/users/me', [
      `Origin: ${good}`,
      `Access-Control-Request-Method: ${method}`,
      `Access-Control-Request-Headers: ${headers}`,
      'Access-Control-Request-Private-Network: true',
    ]);
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'Authorization, Content-Type, X-API-Key, X-Request-ID',
      'access-control-max-age': '600',
    });
    expect(answer.headers['access-control-allow-private-network']).toBeUndefined();
    expect(JSON.stringify(answer.headers)).not.toMatch(/evil|TRACE|cookie/i);
  });

  it('runs nothing on a preflight, even with a credential', async () => {
    const admin = await get().person('admin');
    const victim = await get().person();
    const answer = await send('OPTIONS', `/users/${victim.id}`, [
      `Origin: ${good}`,
      'Access-Control-Request-Method: DELETE',
      `Authorization: Bearer ${admin.access_token}`,
      'X-HTTP-Method-Override: DELETE',
    ]);
    expect(answer.status).toBe(204);
    expect((await get().call('GET', '/users/me', { token: victim.access_token })).status).toBe(200);
  });

  it('takes no JSON that a foreign page can send without a preflight', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '',
    ]) {
      const body = JSON.stringify({ email: 'csrf@example.org', username: 'csrf', password: 'Csrf-Victim-1' });
      const headers = { origin: 'https://evil.example', ...(type === '' ? {} : { 'content-type': type }) };
      const answer = await get().call('POST', '/auth/register', { body, headers });
      expect(answer.status, type).toBe(415);
    }
  });
});

it('offers a star without credentials where the settings say *', async () => {
  const stars = { SECURITY_CORS_ORIGINS: '*', SECURITY_CORS_CREDENTIALS: 'false' };
  const { server, stop } = await startServer('sqlite', { env: stars });
  try {
    const answer = await server.call('GET', '/healthz', { headers: { origin: 'https://any.example' } });
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
  } finally {
    await stop();
  }
});
