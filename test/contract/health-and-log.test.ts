import { expect, it } from 'vitest';
import { securityHeaders } from '../support/security-headers.js';
import { describeEachServer, password, type TestServer } from '../support/wire.js';

interface LogLine {
  readonly request_id?: string;
  readonly msg: string;
  readonly [key: string]: unknown;
}

const linesOf = (server: TestServer): LogLine[] => server.log.lines.map((line) => JSON.parse(line));

/** The log line comes when the connection's answer is done, a moment after the client has it. */
async function lineOf(server: TestServer, requestId: unknown): Promise<LogLine> {
  for (;;) {
    const found = linesOf(server).find((line) => line.request_id === requestId && line.msg === 'request');
    if (found) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describeEachServer('health', {}, (get) => {
  it('says ok and nothing else', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const answer = await get().call('GET', path);
      expect([answer.status, answer.text]).toEqual([200, '{"status":"ok"}']);
      expect(securityHeaders(answer.headers)).toEqual([]);
    }
  });
});

describeEachServer('a request id', { env: { TRUSTED_PROXIES: '192.0.2.0/24' } }, (get) => {
  it('is made by us, stands in the header, the error body and the log, and is never twice the same', async () => {
    const ids = new Set<unknown>();
    for (const path of ['/healthz', '/users/me', '/nowhere', '/%ff']) {
      const { status, headers, json } = await get().call('GET', path, {
        headers: { 'x-request-id': 'mine' },
      });
      const id = headers['x-request-id'];
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      if (status >= 400) expect(json.request_id).toBe(id);
      expect(await lineOf(get(), id)).toMatchObject({ method: 'GET', path, status, address: '127.0.0.1' });
      ids.add(id);
    }
    expect(ids.size).toBe(4);
  });
});

describeEachServer('a request id of a trusted proxy', { env: { TRUSTED_PROXIES: '127.0.0.1/32' } }, (get) => {
  it('is taken where it is [\\w-]{1,64}, else replaced', async () => {
    const idFor = async (given: string) =>
      (await get().call('GET', '/healthz', { headers: { 'x-request-id': given } })).headers['x-request-id'];
    for (const fine of ['abc', 'A_b-1', 'x'.repeat(64)]) expect(await idFor(fine)).toBe(fine);
    for (const bad of ['x'.repeat(65), 'a b', 'a"b', '<x>', 'a,b'])
      expect(await idFor(bad)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describeEachServer('the log', { env: { LOG_LEVEL: 'trace' } }, (get) => {
  it('holds no password, no token, no query and nothing that was typed as a name', async () => {
    const server = get();
    const canary = 'Canary-7f3a9b';
    const person = await server.person();
    const { access_token: token, refresh_token: refreshToken, device_token: deviceToken } = person;
    const typed = 'my-password-in-the-wrong-field';
    await server.call('POST', '/auth/token', { form: { username: typed, password: canary } });
    await server.call('POST', '/auth/token', {
      form: { username: person.username, password: canary, device_token: deviceToken },
    });
    await server.call('POST', '/auth/register', {
      json: { email: `${canary}@`, username: canary, password: canary },
    });
    await server.call('POST', '/auth/register', {
      body: `{"password":"${canary}`,
      headers: { 'content-type': 'application/json' },
    });
    await server.call('GET', `/users/me?access_token=${token}&p=${canary}`, {
      token,
      headers: { cookie: `s=${canary}`, 'x-api-key': canary },
    });
    await server.call('GET', '/users/me', { token: `${token}x` });
    const refreshed = await server.call('POST', '/auth/token', {
      form: { grant_type: 'refresh_token', refresh_token: refreshToken },
    });
    const newPassword = `${canary}-New1`;
    await server.call('POST', '/users/me/password', {
      token,
      json: { current_password: password, new_password: newPassword },
    });
    await server.call('DELETE', '/users/me', { token, json: { password: canary } });
    const last = await server.call('POST', '/auth/revoke', { form: { token: refreshed.json.refresh_token } });
    await lineOf(server, last.headers['x-request-id']);
    const log = server.log.lines.join('\n');
    expect(linesOf(server).length).toBeGreaterThan(10);
    const secrets = [
      password,
      canary,
      typed,
      token,
      refreshToken,
      deviceToken,
      refreshed.json.access_token,
      refreshed.json.refresh_token,
    ];
    for (const secret of secrets) expect(log.includes(secret)).toBe(false);
    expect(log).not.toMatch(/eyJ|authorization"|cookie/i);
  });

  it('names who proved who they are, and why a refusal was one', async () => {
    const person = await get().person();
    const { headers } = await get().call('GET', '/events', { token: person.access_token });
    expect(await lineOf(get(), headers['x-request-id'])).toMatchObject({
      principal_id: person.id,
      status: 403,
      code: 'admin_required',
    });
  });
});

describeEachServer('a fault of ours', {}, (get) => {
  it('is 500 and tells nothing; the cause stands in the log under its id', async () => {
    const server = get();
    const { access_token: token } = await server.person('admin');
    await server.store.db.schema.dropTable('sallyport_events').execute();
    const answer = await server.call('GET', '/events', { token });
    expect(answer.status).toBe(500);
    expect(answer.json).toEqual({
      detail: 'Internal Server Error',
      code: 'internal_error',
      request_id: answer.headers['x-request-id'],
    });
    expect(securityHeaders(answer.headers)).toEqual([]);
    await lineOf(server, answer.json.request_id);
    const told = linesOf(server).filter((line) => line.request_id === answer.json.request_id);
    expect(told.map(({ msg }) => msg).sort()).toEqual(['a request failed', 'request']);
    expect(JSON.stringify(told)).toContain('sallyport_events');
    // What does not need that table goes on.
    expect((await server.call('GET', '/users/me', { token })).status).toBe(200);
  });
});

describeEachServer('a store that is away', {}, (get) => {
  it('makes /readyz and requests 503 with Retry-After; /healthz stays', async () => {
    const server = get();
    const { access_token: token } = await server.person();
    expect((await server.call('GET', '/readyz')).status).toBe(200);
    await server.store.close();
    // Readiness is asked at most once a second.
    expect((await server.call('GET', '/readyz')).status).toBe(200);
    server.clock.forward(1000);
    for (const path of ['/readyz', '/users/me']) {
      const answer = await server.call('GET', path, { token });
      expect([path, answer.status, answer.json.detail]).toEqual([path, 503, 'Service Unavailable']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(securityHeaders(answer.headers)).toEqual([]);
    }
    expect((await server.call('GET', '/healthz')).status).toBe(200);
    // A monitor that sends its token is told of the process, not of the store.
    expect((await server.call('GET', '/healthz', { token })).status).toBe(200);
  });
});
