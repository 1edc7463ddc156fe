import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, request, startApp, type TestApp } from './http-app.js';

const own = 'https://app.example.org';
const preflight = (port: number, origin: string, headers: Record<string, string> = {}): Promise<Answer> =>
  request(port, {
    method: 'OPTIONS',
    path: '/nothing',
    headers: { origin, 'access-control-request-method': 'PATCH', ...headers },
  });

describe('cors', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp();
  });
  afterAll(() => server.app.close());

  it('lets a listed origin read, errors too', async () => {
    for (const path of ['/hello', '/nothing', '/guarded', '/fault']) {
      const { headers } = await request(server.port, { path, headers: { origin: own } });
      expect(headers).toMatchObject({
        'access-control-allow-origin': own,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers':
          'X-Request-ID, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate',
        vary: 'Origin',
      });
    }
  });

  it('ends a preflight with what may be asked', async () => {
    const answer = await preflight(server.port, own, { 'access-control-request-headers': 'X-Evil' });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': own,
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'Authorization, Content-Type, X-API-Key, X-Request-ID',
      'access-control-max-age': '600',
      vary: 'Origin',
    });
    expect(answer.text).not.toContain('X-Evil');
  });

  it.each([
    'https://evil.example',
    'null',
    'https://app.example.org.evil.example',
    'https://evil-app.example.org',
    'https://app.example.orga',
    'http://app.example.org',
    'https://app.example.org:8443',
    'https://APP.example.org',
    'https://app.example.org/',
    'https://app.example.org, https://evil.example',
    '*',
    '',
  ])('gives %s no permission', async (origin) => {
    for (const answer of [
      await request(server.port, { headers: { origin } }),
      await preflight(server.port, origin),
    ]) {
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(answer.headers['vary']).toBe('Origin');
    }
  });

  it('offers no credentials with a star, and none when they are off', async () => {
    const star = await startApp({ cors: { origins: ['*'], credentials: true } });
    const { headers } = await request(star.port, { headers: { origin: 'https://any.example' } });
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    await star.app.close();
    const off = await startApp({ cors: { origins: [own], credentials: false } });
    const answer = await request(off.port, { headers: { origin: own } });
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
    await off.app.close();
  });

  it('takes an OPTIONS without the preflight fields for what it is', async () => {
    expect((await request(server.port, { method: 'OPTIONS', headers: { origin: own } })).status).toBe(405);
  });
});
