import { expect, it } from 'vitest';
import { z } from 'zod';
import { currentUser, type RouteLimit } from '../../dist/index.js';
import { describeEachApp, type LibraryApp } from '../support/library.js';

const response = { 200: z.object({ ok: z.boolean() }) };
const ok = () => ({ ok: true });
const limit = { requests: 3, window: 60 };
const body = z.object({ text: z.string() });

function build({ app }: LibraryApp): void {
  app.get('/mine', { needs: { user: currentUser }, response, limit }, ok);
  app.get('/open', { access: 'public', response, limit }, ok);
  app.post(
    '/sent',
    { needs: { user: currentUser }, body, response, limit: { ...limit, key: 'address' } },
    ok,
  );
}

describeEachApp('a limit on a route', { build, env: { DEBUG: 'false' } }, (get) => {
  const ask = (path: string, token?: string) => get().call('GET', path, { token });

  it('counts each account by itself, tells what is left, and gives it back with the window', async () => {
    const [alice, bob] = [await get().person(), await get().person()];
    const left: unknown[] = [];
    for (let at = 0; at < 3; at += 1) left.push((await ask('/mine', alice.token)).headers['ratelimit']);
    expect(left).toEqual(['"route";r=2;t=60', '"route";r=1;t=60', '"route";r=0;t=60']);
    const refused = await ask('/mine', alice.token);
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('60');
    expect(refused.headers['ratelimit-policy']).toBe('"route";q=3;w=60');
    expect((await ask('/mine', bob.token)).status).toBe(200);
    get().clock.forward(60_000);
    expect((await ask('/mine', alice.token)).status).toBe(200);
  });

  it('counts strangers by their address, and nobody whom the guard refused', async () => {
    for (let at = 0; at < 5; at += 1) expect((await ask('/mine')).status).toBe(401);
    const { token } = await get().person();
    expect((await ask('/mine', token)).status).toBe(200);
    const statuses: number[] = [];
    for (let at = 0; at < 4; at += 1) statuses.push((await ask('/open')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  it('attack: HEAD, a slash of other case or a parallel burst is no way around it', async () => {
    const { token } = await get().person();
    const burst = await Promise.all(
      Array.from({ length: 12 }, (_, at) => get().call(at % 2 === 0 ? 'GET' : 'HEAD', '/mine', { token })),
    );
    expect(burst.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(burst.filter(({ status }) => status === 429)).toHaveLength(9);
  });

  it('by address counts all accounts there together, before the body is looked at', async () => {
    const [alice, bob] = [await get().person(), await get().person()];
    const send = (token: string) => get().call('POST', '/sent', { token, json: { text: 7 } });
    const statuses = [
      await send(alice.token),
      await send(bob.token),
      await send(alice.token),
      await send(bob.token),
    ];
    expect(statuses.map(({ status }) => status)).toEqual([422, 422, 422, 429]);
  });

  it('stands in the table of routes and in OpenAPI', () => {
    const row = get()
      .app.routes()
      .find(({ path }) => path === '/sent');
    expect(row).toMatchObject({ method: 'POST', limit: { requests: 3, window: 60, key: 'address' } });
    const document = get().app.openApi() as { paths: Record<string, Record<string, object>> };
    expect(document.paths['/mine']?.['get']).toMatchObject({
      'x-ratelimit': { requests: 3, window: 60, key: 'principal' },
    });
  });

  it.each<[unknown, RegExp]>([
    [{ requests: 0, window: 60 }, /limit\.requests is a whole number from 1/],
    [{ requests: 3, window: '1m' }, /limit\.window is whole seconds/],
    [{ requests: 3, window: 60, key: 'ip' }, /limit\.key is 'principal' or 'address', not "ip"/],
    ['3/minute', /limit\.requests/],
  ])('refuses %j at start', (wrong, words) => {
    const add = () => get().app.get('/late', { access: 'public', response, limit: wrong as RouteLimit }, ok);
    expect(add).toThrow(words);
  });
});

describeEachApp('a limit on a route under DEBUG', { build, env: { DEBUG: 'true' } }, (get) => {
  it('does not count, like every limit', async () => {
    const { token } = await get().person();
    for (let at = 0; at < 6; at += 1) expect((await get().call('GET', '/mine', { token })).status).toBe(200);
  });
});
