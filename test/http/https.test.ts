import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request, startApp, type TestApp } from './http-app.js';

const page = { 'sec-fetch-mode': 'navigate', accept: 'text/html' };

describe('https rule', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp({
      requireHttps: true,
      trustedProxies: ['127.0.0.1'],
      publicUrl: 'https://localhost:8443',
    });
  });
  afterAll(() => server.app.close());

  it('sends page navigations on, to the public address where it is ours', async () => {
    const answer = await request(server.port, { path: '/hello?a=1', headers: page });
    expect(answer.status).toBe(308);
    expect(answer.headers['location']).toBe('https://localhost:8443/hello?a=1');
    expect(answer.headers['x-frame-options']).toBe('DENY');
    const other = await request(server.port, {
      path: '//evil.example',
      headers: { ...page, host: 'a.example.org:80' },
    });
    expect(other.headers['location']).toBe('https://a.example.org//evil.example');
    const old = await request(server.port, { headers: { accept: 'text/html,*/*' } });
    expect(old.status).toBe(308);
  });

  it.each([
    ['an API call', {}],
    ['a token on the wire', { ...page, authorization: 'Bearer x' }],
    ['a key on the wire', { ...page, 'x-api-key': 'x' }],
    ['a fetch', { 'sec-fetch-mode': 'cors', accept: 'text/html' }],
    ['plain http behind the proxy', { 'x-forwarded-proto': 'http' }],
    ['an unlisted proto', { 'x-forwarded-proto': 'https, http' }],
  ])('refuses %s', async (_what, headers) => {
    const answer = await request(server.port, { headers });
    expect(answer.status).toBe(403);
    expect(answer.json()).toMatchObject({ detail: 'HTTPS required', code: 'https_required' });
    expect(answer.headers).not.toHaveProperty('location');
    expect(answer.headers).not.toHaveProperty('strict-transport-security');
  });

  it('refuses a POST, navigation or not', async () => {
    const answer = await request(server.port, { method: 'POST', path: '/echo', headers: page, body: '' });
    expect(answer.status).toBe(403);
  });

  it('serves what came by https through a declared proxy, with HSTS', async () => {
    const answer = await request(server.port, { headers: { 'x-forwarded-proto': 'https' } });
    expect(answer.status).toBe(200);
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
  });
});
